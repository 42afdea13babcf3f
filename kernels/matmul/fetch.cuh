/// @file
/// How the vectorised rungs without transposes read their operands.
#pragma once

#include <cstdint>

#include "common/cuda/cuda.hpp"

namespace kbk::gpu {

/// Four floats of a row, with zeros beyond its end.
/// @param from  the first of them
/// @param left  elements from there to the row's end, negative or 0 beyond
/// @param fours whether a float4 may be read, because all rows begin at multiples of 16 bytes
/// @return the floats
__device__ __forceinline__ float4 fetch(const float* from, std::int64_t left, bool fours) {
    if (fours && left >= 4) return *reinterpret_cast<const float4*>(from);
    return make_float4(left > 0 ? from[0] : 0, left > 1 ? from[1] : 0, left > 2 ? from[2] : 0, left > 3 ? from[3] : 0);
}

}  // namespace kbk::gpu
