/// @file
/// What the memory system must move for one request of a warp: sectors of global memory, wavefronts of shared memory.
#pragma once

#include <array>
#include <span>

#include "common/cuda/profiler/access.hpp"

namespace kbk::cuda::profiler {

/// Sectors of global memory that one request moves.
struct Sectors {
    std::array<std::uint64_t, 2 * lanes> touched;  ///< their numbers, rising: places divided by 32 bytes
    int count;   ///< how many
    int fewest;  ///< how many would do for the same number of distinct bytes
};

/// Wavefronts of shared memory that one request takes.
struct Wavefronts {
    int count;  ///< how often the banks are asked
    int ideal;  ///< how often without conflicts
};

/// Global memory moves in sectors of 32 bytes: a request costs as many as it touches, however few bytes of each.
/// @param request accesses of one instruction by the lanes of a warp, all of one size
/// @return the sectors
Sectors count_sectors(std::span<const Access* const> request);

/// Shared memory has 32 banks of 4 bytes, and each delivers one word at a time (to all lanes that want that same word).
/// Words of one bank queue up. Accesses of 8 bytes go by half warps, of 16 bytes by quarter warps; atomic operations on
/// one word queue up as well.
/// @param request accesses of one instruction by the lanes of a warp, all of one size
/// @param lane    the lane of each
/// @return the wavefronts
Wavefronts count_wavefronts(std::span<const Access* const> request, std::span<const std::uint8_t> lane);

}  // namespace kbk::cuda::profiler
