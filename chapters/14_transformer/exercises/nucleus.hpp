/// @file
/// Exercise 4 of chapter 14: choose among the likeliest that together are likely enough.
#pragma once

#include <vector>

namespace kbk::exercise {

/// Keep the smallest set of the likeliest tokens whose probabilities reach top_p.
/// @param probabilities of the tokens; they add up to one
/// @param top_p         in (0, 1]
/// @return zero for all other tokens, and those of the set scaled to add up to one. Of equally likely tokens
/// the one
///         with the smaller number counts as the likelier
std::vector<double> nucleus(const std::vector<double>& probabilities, double top_p);

}  // namespace kbk::exercise
