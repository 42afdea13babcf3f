#include "chapters/14_transformer/exercises/nucleus.hpp"

#include <algorithm>
#include <numeric>

namespace kbk::exercise {

std::vector<double> nucleus(const std::vector<double>& probabilities, double top_p) {
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
    std::vector<double> kept(probabilities.size(), 0.0);
    double sum = 0;
    for (const std::size_t token : order) {
        if (sum >= top_p) break;
        sum += kept[token] = probabilities[token];
    }
    for (double& p : kept) p /= sum;
    return kept;
}

}  // namespace kbk::exercise
