/// @file
/// Exercise 2 of chapter 7: the gradient that starts every backward pass.
#pragma once

#include <span>

namespace kbk::exercise {

/// Gradient of the cross-entropy of one row by its logits.
/// @param logits   (classes)
/// @param target   index of the true class
/// @param gradient receives (classes): d(-log softmax(logits)[target]) / d logits[i]
void loss_gradient(std::span<const double> logits, int target, std::span<double> gradient);

}  // namespace kbk::exercise
