/// @file
/// Exercise 1 of chapter 2: three losses for numbers.
#pragma once

#include <span>

namespace kbk::exercise {

/// @param prediction (n)
/// @param target     (n)
/// @param gradient   receives (n): gradient by the predictions
/// @return the mean squared error
double squared_error(std::span<const double> prediction, std::span<const double> target,
                     std::span<double> gradient);

/// @copydoc squared_error
/// @return the mean absolute error; an error of 0 has the gradient 0
double absolute_error(std::span<const double> prediction, std::span<const double> target,
                      std::span<double> gradient);

/// @copydoc squared_error
/// @param delta up to this error the loss is e^2/2, beyond it a straight line that continues the parabola's
/// slope
/// @return the mean Huber loss
double huber(std::span<const double> prediction, std::span<const double> target, double delta,
             std::span<double> gradient);

}  // namespace kbk::exercise
