/// @file
/// The chapter's experiments, in the order of the page.
#pragma once

#include "common/app/app.hpp"

namespace kbk {

/// A table of three entries, looked up softly.
void look_up_softly(Report& report);
/// Three tokens that ask each other, with and without a mask, and the way back.
void attend_by_hand(Report& report);
/// How large dot products are, and what that does to softmax.
void vary_the_width(Report& report);
/// A mask before the softmax, one behind it, and none: what leaks.
void mask_the_future(Report& report);
/// Tokens in another order.
void shuffle_the_tokens(Report& report);
/// One head that should look at two places.
void split_into_heads(Report& report);
/// The gradients against central differences, and the formulas against the kernels.
void check_gradients(Report& report);
/// D4's formula beside the right one.
void run_the_documents(Report& report);
/// Networks that recall what stood beside a word, with attention and without.
void learn_to_recall(const Options& options, Report& report);
/// Operations and numbers, counted.
void count_the_cost(Report& report);
/// All rungs of the ladders on one problem.
void climb_the_ladder(Report& report);
/// Memory and time as the context grows.
void lengthen_the_context(const Options& options, Report& report);

}  // namespace kbk
