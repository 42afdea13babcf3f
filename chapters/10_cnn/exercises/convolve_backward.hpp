/// @file
/// Exercise 3 of chapter 10: the way back through the sum that slides.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// Gradients of `convolve` (exercise 1): one image of one channel, one filter, no padding, stride 1.
/// @param x             (height, width), the image
/// @param height,width  of the image
/// @param w             (size, size), the filter
/// @param size          of the filter, at most height and width
/// @param dy            (height - size + 1, width - size + 1), gradient of the loss by each output
/// @param dw            receives (size, size), gradient by the filter
/// @param dx            receives (height, width), gradient by the image
void convolve_backward(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> w,
                       std::int64_t size, std::span<const double> dy, std::span<double> dw, std::span<double> dx);

}  // namespace kbk::exercise
