#include "chapters/07_mlp/exercises/loss_gradient.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

void loss_gradient(std::span<const double> logits, int target, std::span<double> gradient) {
    const double largest = std::ranges::max(logits);
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) sum += gradient[i] = std::exp(logits[i] - largest);
    for (double& g : gradient) g /= sum;
    gradient[target] -= 1;
}

}  // namespace kbk::exercise
