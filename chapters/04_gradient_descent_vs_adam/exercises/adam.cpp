#include "chapters/04_gradient_descent_vs_adam/exercises/adam.hpp"

namespace kbk::exercise {

void adam_step(std::span<double> weight, std::span<const double> gradient, std::span<double> first,
               std::span<double> second, int step, double rate, double beta1, double beta2, double epsilon) {
    // Your turn: two means, two corrections, one root, one quotient. Which beta corrects which mean?
    (void)weight, (void)gradient, (void)first, (void)second;
    (void)step, (void)rate, (void)beta1, (void)beta2, (void)epsilon;
}

}  // namespace kbk::exercise
