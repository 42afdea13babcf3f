/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/clip/clip.hpp"

namespace kbk::cpu {

SquareSumsRung naive, threaded, mine;
RescaleRung naive, threaded;

}  // namespace kbk::cpu

namespace kbk::gpu {

SquareSumsRung naive, block_per_sum;
RescaleRung naive, vectorized;

}  // namespace kbk::gpu
