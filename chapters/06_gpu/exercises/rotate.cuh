/// @file
/// Exercise 5 of chapter 6: a barrier in the right place.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// Move the numbers of each block one place to the left, in place; the first becomes the last. Launched with
/// blocks of 256 threads.
/// @param out (256 times the blocks), rotated in stretches of 256
__global__ void rotate(float* out);

}  // namespace kbk::puzzle
