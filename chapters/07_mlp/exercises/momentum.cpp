#include "chapters/07_mlp/exercises/momentum.hpp"

namespace kbk::exercise {

void momentum_step(std::span<double> weight, std::span<const double> gradient, std::span<double> velocity, double rate,
                   double momentum) {
    // Your turn: two lines in one loop. Which of the two comes first matters.
    (void)weight, (void)gradient, (void)velocity, (void)rate, (void)momentum;
}

}  // namespace kbk::exercise
