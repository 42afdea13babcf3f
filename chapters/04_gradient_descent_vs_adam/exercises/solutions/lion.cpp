#include "chapters/04_gradient_descent_vs_adam/exercises/lion.hpp"

namespace kbk::exercise {

void lion_step(std::span<double> weight, std::span<const double> gradient, std::span<double> mean,
               double rate, double beta1, double beta2, double decay) {
    for (std::size_t i = 0; i < weight.size(); ++i) {
        const double c = beta1 * mean[i] + (1 - beta1) * gradient[i];
        const double sign = double(c > 0) - double(c < 0);
        weight[i] -= rate * (sign + decay * weight[i]);
        mean[i] = beta2 * mean[i] + (1 - beta2) * gradient[i];
    }
}

}  // namespace kbk::exercise
