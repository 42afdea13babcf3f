#include "chapters/01_activations/exercises/sigmoid.hpp"

#include <cmath>

namespace kbk::exercise {

float sigmoid(float x) {
    // The exponent is never positive: for negative x the formula is multiplied by e^x above and below.
    const float e = std::exp(-std::fabs(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

float log_sigmoid(float x) {
    // log(1 / (1 + e^-x)) = -log(1 + e^-x), and for negative x = x - log(1 + e^x).
    return (x < 0 ? x : 0) - std::log1p(std::exp(-std::fabs(x)));
}

}  // namespace kbk::exercise
