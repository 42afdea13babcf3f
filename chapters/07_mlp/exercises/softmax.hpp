/// @file
/// Exercise 1 of chapter 7: a softmax that does not overflow.
#pragma once

#include <span>

namespace kbk::exercise {

/// Turn logits into probabilities.
/// @param logits        any finite numbers, however large; at least one
/// @param probabilities receives as many numbers: exp(logits[i]) over the sum of all exp(logits[j])
void softmax(std::span<const double> logits, std::span<double> probabilities);

}  // namespace kbk::exercise
