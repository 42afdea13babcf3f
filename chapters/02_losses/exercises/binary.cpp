#include "chapters/02_losses/exercises/binary.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

float binary_cross_entropy(std::span<const float> logit, std::span<const float> truth,
                           std::span<float> gradient) {
    // Your turn. On paper, put the sigmoid into -(y log p + (1 - y) log(1 - p)) and let the logarithm of the
    // quotient fall apart; then see to it that no exponent is positive. std::log1p(e) is log(1 + e).
    (void)logit, (void)truth;
    std::ranges::fill(gradient, 0.0f);
    return 0;
}

}  // namespace kbk::exercise
