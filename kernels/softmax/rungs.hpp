/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/softmax/softmax.hpp"

namespace kbk::cpu {

SoftmaxRung naive, stable, online, vectorized, threaded, streamed, mine;
SoftmaxBackwardRung naive, rowwise, vectorized, threaded, streamed;

/// Elements of the longest row that the streamed rung takes: its exponentials, 16 KiB, stay in the first-level cache.
inline constexpr std::int64_t streamed_columns = 4096;

}  // namespace kbk::cpu

namespace kbk::gpu {

SoftmaxRung naive, warp_per_row, block_per_row, online;
SoftmaxBackwardRung naive, warp_per_row;

}  // namespace kbk::gpu
