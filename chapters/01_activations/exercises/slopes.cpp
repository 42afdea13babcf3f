#include "chapters/01_activations/exercises/slopes.hpp"

#include <cmath>

namespace kbk::exercise {

double sigmoid_slope(double y) {
    // Your turn: the value y alone is enough.
    (void)y;
    return 0;
}

double tanh_slope(double y) {
    (void)y;
    return 0;
}

double leaky_relu_slope(double x, double leak) {
    (void)x, (void)leak;
    return 0;
}

double silu_slope(double x) {
    // A product: two terms.
    (void)x;
    return 0;
}

}  // namespace kbk::exercise
