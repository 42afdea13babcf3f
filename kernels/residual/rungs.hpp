/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/residual/residual.hpp"

namespace kbk::cpu {

ResidualRung naive, threaded, streamed, mine;

/// Elements from which on stores past the caches pay: 16 MiB written, more than a core's share of any cache.
inline constexpr std::int64_t residual_streaming_from = std::int64_t{1} << 22;

}  // namespace kbk::cpu

namespace kbk::gpu {

ResidualRung naive, vectorized;

}  // namespace kbk::gpu
