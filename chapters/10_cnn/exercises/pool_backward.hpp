/// @file
/// Exercise 4 of chapter 10: the way back through a pooling.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// The gradient of max pooling by windows of 2 x 2 that do not overlap. A last odd row or column belongs to no window.
/// @param x            (height, width), what was pooled
/// @param height,width its sizes
/// @param dy           (height / 2, width / 2), gradient by the pooled image
/// @param dx           receives (height, width): each gradient at the first largest pixel of its window, zero elsewhere
void pool_backward(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> dy,
                   std::span<double> dx);

}  // namespace kbk::exercise
