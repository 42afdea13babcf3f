#include "chapters/07_mlp/exercises/momentum.hpp"

namespace kbk::exercise {

void momentum_step(std::span<double> weight, std::span<const double> gradient, std::span<double> velocity, double rate,
                   double momentum) {
    for (std::size_t i = 0; i < weight.size(); ++i) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        weight[i] -= rate * velocity[i];
    }
}

}  // namespace kbk::exercise
