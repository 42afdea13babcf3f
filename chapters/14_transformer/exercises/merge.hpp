/// @file
/// Exercise 5 of chapter 14: learn a byte-pair vocabulary.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kbk::exercise {

/// Learn merges from a text: again and again, the pair of neighbours that stands there most often becomes one
/// piece.
/// @param text   cut into its characters at first
/// @param merges how many to learn
/// @return the pairs, in the order in which they were merged; fewer where no pair stands there twice. Of
/// pairs that are
///         equally frequent, the one that comes first in the order of std::pair<std::string, std::string>.
///         Overlapping pairs, as in "aaa", count once for each place where they begin, and merge from the
///         left
std::vector<std::pair<std::string, std::string>> learn_merges(const std::string& text, int merges);

}  // namespace kbk::exercise
