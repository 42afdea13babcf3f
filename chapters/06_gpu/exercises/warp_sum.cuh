/// @file
/// Exercise 7 of chapter 6: a warp needs no shared memory.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// The sum of each row of a matrix, a warp a row. Launched with blocks of 128 threads, so of four warps.
/// @param x   (rows, columns), row-major
/// @param out (rows), receives the sums
/// @param rows,columns any numbers
__global__ void warp_sum(const float* x, float* out, int rows, int columns);

}  // namespace kbk::puzzle
