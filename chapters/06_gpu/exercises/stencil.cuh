/// @file
/// Exercise 4 of chapter 6: neighbours, through shared memory.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

constexpr int stencil_block = 128;  ///< threads of a block

/// Sums of three neighbours. Launched with blocks of 128 threads, as many as it takes.
/// @param x   (n)
/// @param out (n), receives x[i - 1] + x[i] + x[i + 1]; what lies beyond an end counts as 0
/// @param n   any number
__global__ void stencil(const float* x, float* out, int n);

}  // namespace kbk::puzzle
