/// @file
/// Exercise 2 of chapter 4: the rule that D0 and D4 print wrong.
#pragma once

#include <span>

namespace kbk::exercise {

/// One step of Adam.
/// @param weight   (n), updated
/// @param gradient (n)
/// @param first    (n), mean gradient, updated; zero before the first step
/// @param second   (n), mean square gradient, updated; zero before the first step
/// @param step     t, from 1
/// @param rate     learning rate
/// @param beta1    decay of the mean
/// @param beta2    decay of the mean square
/// @param epsilon  keeps the division finite
void adam_step(std::span<double> weight, std::span<const double> gradient, std::span<double> first,
               std::span<double> second, int step, double rate, double beta1, double beta2, double epsilon);

}  // namespace kbk::exercise
