/// @file
/// One access of one thread to memory, as the hooks log it.
#pragma once

#include <cstdint>

namespace kbk::cuda::profiler {

/// Which memory an access went to.
enum class Room : std::uint8_t { global, shared };

/// What an access did. A block is none: it marks that the thread entered a basic block, which tells lanes that
/// skipped an access from lanes that are still on their way to it.
enum class Kind : std::uint8_t { load, store, atomic, block };

/// An entry of a lane's log.
struct Access {
    /// Offset in shared memory; for global memory the allocation's number, shifted by `offset_bits`, and the offset in
    /// it. So counts do not depend on where an allocation happens to lie.
    std::uint64_t place;
    std::uint32_t pc;     ///< where in the program, from the start of its image
    std::uint8_t bytes;   ///< 1 to 16
    Kind kind;
    Room room;
    std::uint8_t depth;   ///< calls between the kernel and here
};

constexpr int offset_bits = 40;           ///< an allocation has at most 1 TiB
constexpr std::uint64_t sector_bytes = 32;  ///< what a GPU's caches and memory exchange at least
constexpr std::uint64_t bank_bytes = 4;     ///< width of a shared-memory bank
constexpr int banks = 32;                   ///< banks of shared memory
constexpr int lanes = 32;                   ///< threads of a warp

}  // namespace kbk::cuda::profiler
