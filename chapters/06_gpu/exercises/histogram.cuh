/// @file
/// Exercise 10 of chapter 6: counting together.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::puzzle {

/// Count how often each value occurs. Launched with 4 blocks of 256 threads, whatever n is.
/// @param value (n), each from 0 to 63
/// @param out   (64), zero before the launch; receives the counts
/// @param n     any number
__global__ void histogram(const int* value, int* out, int n);

}  // namespace kbk::puzzle
