/// @file
/// Exercise 3 of chapter 14: how large is a GPT?
#pragma once

#include <cstdint>

namespace kbk::exercise {

/// Count the parameters of a GPT with a tied head.
/// @param vocabulary,context,layers,channels its sizes; a block's hidden layer is four times as wide as its
/// channels
/// @return weights and biases of all layers, both tables, and the last normalisation
std::int64_t parameters(std::int64_t vocabulary, std::int64_t context, std::int64_t layers,
                        std::int64_t channels);

/// Find the width that a budget allows.
/// @param budget     most parameters
/// @param vocabulary,context,layers as above
/// @return the largest number of channels, a multiple of 64, whose model has at most `budget` parameters; 0
/// if none
std::int64_t widest(std::int64_t budget, std::int64_t vocabulary, std::int64_t context, std::int64_t layers);

}  // namespace kbk::exercise
