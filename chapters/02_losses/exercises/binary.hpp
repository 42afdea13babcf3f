/// @file
/// Exercise 2 of chapter 2: binary cross-entropy from logits, in float.
#pragma once

#include <span>

namespace kbk::exercise {

/// The mean binary cross-entropy of predictions sigmoid(logit), finite for every finite logit.
/// @param logit    (n)
/// @param truth    (n) 0 or 1
/// @param gradient receives (n): gradient by the logits
/// @return the mean loss
float binary_cross_entropy(std::span<const float> logit, std::span<const float> truth,
                           std::span<float> gradient);

}  // namespace kbk::exercise
