#include "chapters/07_mlp/exercises/softmax.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

void softmax(std::span<const double> logits, std::span<double> probabilities) {
    const double largest = std::ranges::max(logits);
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) sum += probabilities[i] = std::exp(logits[i] - largest);
    for (double& p : probabilities) p /= sum;
}

}  // namespace kbk::exercise
