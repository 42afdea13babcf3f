/// @file
/// Exercise 7 of chapter 5: a micro-kernel, four rows by sixteen columns.
#pragma once

#include <cstdint>

namespace kbk::exercise {

/// Add the product of two panels to a tile: C (4, 16) += A (4, k) B (k, 16).
/// @param k     steps
/// @param a     panel of A: element (i, l) is a[4 l + i]
/// @param b     panel of B: element (l, j) is b[16 l + j]
/// @param c     first element of the tile
/// @param c_row elements from one of its rows to the next
void add_tile(std::int64_t k, const float* a, const float* b, float* c, std::int64_t c_row);

}  // namespace kbk::exercise
