/// @file
/// Exercise 3 of chapter 6: two dimensions.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// A table of sums. Launched with blocks of 32 x 8 threads (x, y), as many in each direction as it takes.
/// @param row    (rows)
/// @param column (columns)
/// @param out    (rows, columns), row-major, receives row[i] + column[j]
/// @param rows,columns sizes
__global__ void outer(const float* row, const float* column, float* out, int rows, int columns);

}  // namespace kbk::puzzle
