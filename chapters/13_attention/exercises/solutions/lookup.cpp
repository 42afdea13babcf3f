#include "chapters/13_attention/exercises/lookup.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

double lookup(std::span<const double> query, std::span<const double> keys, std::span<const double> values,
              double scale, std::span<double> shares) {
    const std::size_t width = query.size();
    for (std::size_t j = 0; j < values.size(); ++j) {
        shares[j] = 0;
        for (std::size_t c = 0; c < width; ++c) shares[j] += scale * query[c] * keys[j * width + c];
    }
    const double largest = *std::ranges::max_element(shares);
    double sum = 0, mixed = 0;
    for (double& share : shares) sum += share = std::exp(share - largest);
    for (std::size_t j = 0; j < values.size(); ++j) mixed += (shares[j] /= sum) * values[j];
    return mixed;
}

}  // namespace kbk::exercise
