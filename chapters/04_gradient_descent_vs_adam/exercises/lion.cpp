#include "chapters/04_gradient_descent_vs_adam/exercises/lion.hpp"

namespace kbk::exercise {

void lion_step(std::span<double> weight, std::span<const double> gradient, std::span<double> mean,
               double rate, double beta1, double beta2, double decay) {
    // Your turn. The step uses the old mean, and the decay the old weight: in which order do you write them?
    (void)weight, (void)gradient, (void)mean, (void)rate, (void)beta1, (void)beta2, (void)decay;
}

}  // namespace kbk::exercise
