/// @file
/// Exercise 2 of chapter 6: more threads than numbers.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// Add 10 to each number. Launched with blocks of 128 threads, as many as it takes.
/// @param x   (n)
/// @param out (n), receives x + 10
/// @param n   any number: the last block may reach beyond it
__global__ void guard(const float* x, float* out, int n);

}  // namespace kbk::puzzle
