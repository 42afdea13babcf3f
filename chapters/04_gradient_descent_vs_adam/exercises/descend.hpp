/// @file
/// Exercise 1 of chapter 4: gradient descent, until it stands still.
#pragma once

#include <functional>

namespace kbk::exercise {

/// Where a descent ended.
struct Descent {
    double at;  ///< the parameter
    int steps;  ///< how many steps it took
};

/// Walk down a function of one parameter, until its slope is small.
/// @param slope the function's derivative
/// @param start where to begin
/// @param rate  the learning rate
/// @param small the walk ends as soon as the slope's magnitude is at most this
/// @param limit the walk ends after this many steps at the latest
/// @return where it ended, and after how many steps
Descent descend(const std::function<double(double)>& slope, double start, double rate, double small,
                int limit);

}  // namespace kbk::exercise
