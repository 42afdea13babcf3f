/// @file
/// Exercise 8 of chapter 6: one number from all blocks.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// The dot product of two vectors. Launched with 4 blocks of 256 threads, whatever n is.
/// @param x,y (n)
/// @param out (1), zero before the launch; receives the sum of x[i] y[i]
/// @param n   any number
__global__ void dot(const float* x, const float* y, float* out, int n);

}  // namespace kbk::puzzle
