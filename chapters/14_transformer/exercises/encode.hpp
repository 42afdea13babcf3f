/// @file
/// Exercise 1 of chapter 14: characters in numbers.
#pragma once

#include <string>
#include <vector>

namespace kbk::exercise {

/// Number the characters of a text.
/// @param alphabet distinct characters; the first has the number 0
/// @param text     to be numbered
/// @return the number of each character
/// @throws std::invalid_argument for a character that is not in the alphabet
std::vector<int> encode(const std::string& alphabet, const std::string& text);

}  // namespace kbk::exercise
