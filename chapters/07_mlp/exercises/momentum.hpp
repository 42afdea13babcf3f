/// @file
/// Exercise 4 of chapter 7: the optimiser of D1's program.
#pragma once

#include <span>

namespace kbk::exercise {

/// One step of gradient descent with momentum: v <- momentum v + g, then w <- w - rate v.
/// @param weight   (n), updated
/// @param gradient (n)
/// @param velocity (n), updated; zero before the first step
/// @param rate     learning rate
/// @param momentum in [0, 1)
void momentum_step(std::span<double> weight, std::span<const double> gradient, std::span<double> velocity, double rate,
                   double momentum);

}  // namespace kbk::exercise
