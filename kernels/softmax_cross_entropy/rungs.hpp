/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace kbk::cpu {

SoftmaxCrossEntropyRung naive, vectorized, threaded, mine;

}  // namespace kbk::cpu

namespace kbk::gpu {

SoftmaxCrossEntropyRung naive, warp_per_row, block_per_row, online;

}  // namespace kbk::gpu
