/// @file
/// The chapter's experiments, in the order of the page.
#pragma once

#include "common/app/app.hpp"

namespace kbk {

/// What squared, absolute and Huber's errors punish, and which constant each prefers.
void punish_errors(Report& report);
/// A coin: likelihood, cross-entropy and divergence.
void toss_a_coin(Report& report);
/// All gradients of the page against central differences.
void check_gradients(Report& report);
/// The documents' worked examples, line by line.
void recompute_the_documents(Report& report);
/// One saturated unit under two losses.
void saturate_a_unit(Report& report);
/// Losses from probabilities and from logits in float.
void leave_the_range(Report& report);
/// Two classifiers of pictures: with a term missing, and with the wrong loss.
void learn_with_losses(const Options& options, Report& report);

}  // namespace kbk
