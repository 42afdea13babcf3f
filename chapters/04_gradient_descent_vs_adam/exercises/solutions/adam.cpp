#include "chapters/04_gradient_descent_vs_adam/exercises/adam.hpp"

#include <cmath>

namespace kbk::exercise {

void adam_step(std::span<double> weight, std::span<const double> gradient, std::span<double> first,
               std::span<double> second, int step, double rate, double beta1, double beta2, double epsilon) {
    for (std::size_t i = 0; i < weight.size(); ++i) {
        first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
        second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
        const double mean = first[i] / (1 - std::pow(beta1, step)),
                     square = second[i] / (1 - std::pow(beta2, step));
        weight[i] -= rate * mean / (std::sqrt(square) + epsilon);
    }
}

}  // namespace kbk::exercise
