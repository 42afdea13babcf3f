/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/layernorm/layernorm.hpp"

namespace kbk::cpu {

LayerNormRung naive, welford, vectorized, threaded, streamed, mine;
LayerNormBackwardRung naive, fused, vectorized, threaded, streamed;

/// The pass of its own that a residual branch takes where a rung does not add it on the way.
/// @param p the problem; where it has a branch, its sum receives x and the branch
/// @return what is to be normalised: x, or the sum
inline const float* add_branch(const LayerNormForward& p) {
    if (!p.branch) return p.x;
    for (std::int64_t i = 0; i < p.rows * p.columns; ++i) p.sum[i] = p.x[i] + p.branch[i];
    return p.sum;
}

}  // namespace kbk::cpu

namespace kbk::gpu {

LayerNormRung naive, warp_per_row, block_per_row;
LayerNormBackwardRung naive, warp_per_row;

}  // namespace kbk::gpu
