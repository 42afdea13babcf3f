/// @file
/// Exercise 2 of chapter 10: how many windows fit, and how far the network sees.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// One layer whose windows slide: a convolution or a pooling.
struct Sliding {
    std::int64_t size;         ///< of the window, in one direction
    std::int64_t stride = 1;   ///< from a window to the next
    std::int64_t padding = 0;  ///< zeros before the first and after the last pixel
};

/// @param input pixels in one direction
/// @param layer whose windows slide over them
/// @return number of windows; 0 where not even one fits
std::int64_t output_size(std::int64_t input, const Sliding& layer);

/// @param layers in the order of the network
/// @return pixels of the input, in one direction, that one number behind the last layer depends on
std::int64_t receptive_field(std::span<const Sliding> layers);

}  // namespace kbk::exercise
