/// @file
/// Exercise 12 of chapter 6: tiles.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// C = A B. Launched with blocks of 16 x 16 threads (x, y), one thread for each element of C.
/// @param a   (m, k), row-major
/// @param b   (k, n), row-major
/// @param out (m, n), row-major
/// @param m,n,k any numbers: tiles reach beyond the edges
__global__ void matmul(const float* a, const float* b, float* out, int m, int n, int k);

}  // namespace kbk::puzzle
