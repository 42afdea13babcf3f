/// @file
/// Exercise 4 of chapter 4: an optimiser that this book does not have yet.
#pragma once

#include <span>

namespace kbk::exercise {

/// One step of Lion (Chen and others: Symbolic Discovery of Optimization Algorithms; 2023), which goes by
/// signs: c = beta1 m + (1 - beta1) g, w <- w - rate (sign(c) + decay w), m <- beta2 m + (1 - beta2) g. The
/// sign of 0 is 0.
/// @param weight   (n), updated
/// @param gradient (n)
/// @param mean     (n), m, updated; zero before the first step
/// @param rate     learning rate
/// @param beta1    how much of the mean is in the step
/// @param beta2    decay of the mean
/// @param decay    weight decay
void lion_step(std::span<double> weight, std::span<const double> gradient, std::span<double> mean,
               double rate, double beta1, double beta2, double decay);

}  // namespace kbk::exercise
