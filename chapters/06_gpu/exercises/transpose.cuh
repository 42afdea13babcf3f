/// @file
/// Exercise 9 of chapter 6: rows in, rows out.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// The transpose of a matrix. Launched with blocks of 32 x 8 threads (x, y), one for each tile of 32 x 32.
/// @param x    (rows, columns), row-major
/// @param out  (columns, rows), row-major
/// @param rows,columns multiples of 32
__global__ void transpose(const float* x, float* out, int rows, int columns);

}  // namespace kbk::puzzle
