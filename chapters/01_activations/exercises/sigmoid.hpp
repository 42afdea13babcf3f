/// @file
/// Exercise 1 of chapter 1: a sigmoid for all numbers, and its logarithm.
#pragma once

namespace kbk::exercise {

/// The sigmoid, without an overflow on the way.
/// @param x any number
/// @return 1 / (1 + e^-x), to nearly all digits of a float also where it is tiny
float sigmoid(float x);

/// Its logarithm, which the loss of a classifier needs: finite wherever x is.
/// @param x any number
/// @return log(1 / (1 + e^-x))
float log_sigmoid(float x);

}  // namespace kbk::exercise
