/// @file
/// Exercise 1 of chapter 10: the sum that slides.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// Convolve one image of one channel with one filter, without padding, with stride 1.
/// @param x             (height, width), row-major
/// @param height,width  of the image
/// @param w             (size, size)
/// @param size          of the filter, at most height and width
/// @param y             receives (height - size + 1, width - size + 1): y[i][j] = sum of w[u][v] x[i + u][j + v]
void convolve(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> w,
              std::int64_t size, std::span<double> y);

}  // namespace kbk::exercise
