/// @file
/// Sums and maxima of a warp, in an order that never changes.
///
/// Five exchanges: with the lane 16 further, then 8, 4, 2, 1. In each, both partners compute the same, so that all
/// lanes end with the same bits.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::gpu {

/// All lanes of a warp.
constexpr unsigned full_warp = 0xffffffffu;

/// @param value this lane's number; all 32 lanes call @return the sum over the warp
__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(full_warp, value, distance);
    return value;
}

/// @param value this lane's number; all 32 lanes call @return the largest of the warp; numbers win over NaN
__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        value = fmaxf(value, __shfl_xor_sync(full_warp, value, distance));
    return value;
}

}  // namespace kbk::gpu
