/// @file
/// Exercise 6 of chapter 6: 256 numbers become one.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// The sum of each stretch of 256 numbers. Launched with blocks of 256 threads.
/// @param x   (256 times the blocks)
/// @param out (blocks), receives the sums
__global__ void tree(const float* x, float* out);

}  // namespace kbk::puzzle
