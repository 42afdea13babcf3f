/// @file
/// Exercise 4 of chapter 2: cross-entropy against a truth that is itself a distribution.
#pragma once

#include <span>

namespace kbk::exercise {

/// The cross-entropy -sum_j p_j log q_j of a row, with q = softmax(logits).
/// @param logits   (n) any finite numbers
/// @param p        (n) the truth: not negative, adding up to 1
/// @param gradient receives (n): gradient by the logits
/// @return the loss
double cross_entropy(std::span<const double> logits, std::span<const double> p, std::span<double> gradient);

/// The divergence D(p || q) of the same two distributions: what is left of the cross-entropy when the entropy
/// of the truth, which no prediction can go below, is taken off.
/// @param logits (n) any finite numbers
/// @param p      (n) the truth: not negative, adding up to 1
/// @return the divergence, 0 where q is p
double divergence(std::span<const double> logits, std::span<const double> p);

}  // namespace kbk::exercise
