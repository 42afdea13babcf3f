/// @file
/// Exercise 2 of chapter 14: what a model reads, and what it should have said.
#pragma once

#include <vector>

namespace kbk::exercise {

/// A window of a text, and the same window one token later.
struct Window {
    std::vector<int> x;     ///< what the model reads
    std::vector<int> next;  ///< of each token of x, the one that follows
};

/// Cut a text into windows that lie one behind the other, so that each token but the first stands in exactly
/// one `next`.
/// @param tokens the text
/// @param time   tokens in a window; the last window may be shorter
/// @return the windows, none of them empty
std::vector<Window> windows(const std::vector<int>& tokens, int time);

}  // namespace kbk::exercise
