#include "chapters/01_activations/exercises/slopes.hpp"

#include <cmath>

namespace kbk::exercise {

double sigmoid_slope(double y) {
    return y * (1 - y);
}

double tanh_slope(double y) {
    return 1 - y * y;
}

double leaky_relu_slope(double x, double leak) {
    return x > 0 ? 1 : leak;
}

double silu_slope(double x) {
    const double s = 1 / (1 + std::exp(-x));
    return s + x * s * (1 - s);
}

}  // namespace kbk::exercise
