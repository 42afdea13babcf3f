/// @file
/// Exercise 1 of chapter 6: a thread for each number.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// Add 10 to each number. Launched with one block of as many threads as there are numbers.
/// @param x   (256)
/// @param out (256), receives x + 10
__global__ void map(const float* x, float* out);

}  // namespace kbk::puzzle
