/// @file
/// Exercise 11 of chapter 6: three passes, one reading.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// Softmax of each row: exp(x[j] - largest) over the sum of all these. Launched with blocks of 128 threads,
/// one a row.
/// @param x       (rows, columns), row-major
/// @param out     (rows, columns)
/// @param columns at most 512
__global__ void softmax(const float* x, float* out, int columns);

}  // namespace kbk::puzzle
