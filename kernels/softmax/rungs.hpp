/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/softmax/softmax.hpp"

namespace kbk::cpu {

SoftmaxRung naive, stable, online, vectorized, threaded, mine;
SoftmaxBackwardRung naive, rowwise, vectorized, threaded;

}  // namespace kbk::cpu

namespace kbk::gpu {

SoftmaxRung naive, warp_per_row, block_per_row, online;
SoftmaxBackwardRung naive, warp_per_row;

}  // namespace kbk::gpu
