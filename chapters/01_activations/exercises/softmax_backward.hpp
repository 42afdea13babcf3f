/// @file
/// Exercise 3 of chapter 1: the gradient of softmax, without its matrix.
#pragma once

#include <span>

namespace kbk::exercise {

/// The gradient of a loss by the logits of one row, from its gradient by the probabilities.
/// @param y  (n) the probabilities
/// @param dy (n) gradient of the loss by them
/// @param dx receives (n): gradient of the loss by the logits. Use a number of operations proportional to n
void softmax_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx);

}  // namespace kbk::exercise
