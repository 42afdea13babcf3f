/// @file
/// What the profiler found: counts for each line of a kernel, totals of the kernel, and mistakes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/cuda/emulator/vector_types.hpp"
#include "common/cuda/profiler/access.hpp"
#include "common/cuda/profiler/source_map.hpp"

namespace kbk::cuda::profiler {

/// Counts of requests: what a GPU's memory system would see.
struct Counts {
    std::int64_t requests = 0;           ///< instructions issued for a warp
    std::int64_t lanes = 0;              ///< lanes that took part, summed over the requests
    std::int64_t bytes = 0;              ///< bytes that they asked for
    std::int64_t sectors = 0;            ///< global memory: 32-byte sectors moved
    std::int64_t fewest_sectors = 0;     ///< the least for the same distinct bytes
    std::int64_t wavefronts = 0;         ///< shared memory: wavefronts
    std::int64_t ideal_wavefronts = 0;   ///< without bank conflicts
    int worst = 0;                       ///< most sectors, or wavefronts, of one request

    /// Add another's counts; `worst` becomes the larger. @param other counts @return these
    Counts& operator+=(const Counts& other);
    bool operator==(const Counts&) const = default;

    /// @return sectors of a request, on average; 0 where there are none
    [[nodiscard]] double sectors_per_request() const { return ratio(sectors, requests); }
    /// @return wavefronts of a request, on average
    [[nodiscard]] double wavefronts_per_request() const { return ratio(wavefronts, requests); }
    /// @return share of the moved sectors that the requests needed: 1 is coalesced
    [[nodiscard]] double efficiency() const { return sectors ? ratio(fewest_sectors, sectors) : 1; }
    /// @return wavefronts beyond the ideal
    [[nodiscard]] std::int64_t bank_conflicts() const { return wavefronts - ideal_wavefronts; }
    /// @return lanes that took part in a request, on average: 32 without divergence
    [[nodiscard]] double active_lanes() const { return ratio(lanes, requests); }

  private:
    static double ratio(std::int64_t a, std::int64_t b) { return b ? double(a) / double(b) : 0; }
};

/// What one line does with one array.
struct LineCounts {
    Line line;
    std::string array;      ///< name of the buffer or of the shared array
    Room room;
    Kind kind;
    int bytes;              ///< of one lane's access
    Counts counts;
};

/// All launches of one kernel with blocks of one size.
struct KernelProfile {
    std::string kernel;                ///< name with template arguments: "kbk::gpu::tiled<16>"
    dim3 grid, block;                  ///< of the last launch
    std::size_t static_shared = 0;     ///< bytes of its static shared arrays
    std::size_t dynamic_shared = 0;    ///< bytes of dynamic shared memory
    std::int64_t launches = 0;
    std::int64_t blocks = 0;           ///< blocks that ran, in all launches
    std::int64_t watched_blocks = 0;   ///< blocks that were profiled: fewer where only every n-th is
    std::int64_t barriers = 0;         ///< block barriers, summed over the watched blocks
    std::int64_t warp_meetings = 0;    ///< __syncwarp, shuffles, votes: summed over the watched warps
    std::int64_t bytes_read = 0;       ///< distinct sectors of global memory that the launches read, in bytes
    std::int64_t bytes_written = 0;    ///< and wrote: the least that DRAM must move
    std::vector<LineCounts> lines;     ///< by file and line

    /// Sum over lines. @param room which memory @return loads, stores and atomics
    [[nodiscard]] Counts total(Room room) const;
    /// @param room which memory @param kind loads, stores or atomics @return their sum
    [[nodiscard]] Counts total(Room room, Kind kind) const;
    /// @param array name of a buffer or a shared array @param kind loads, stores or atomics @return their sum
    [[nodiscard]] Counts total(std::string_view array, Kind kind) const;
    /// @param number of a line in the kernel's file @return all that it does
    [[nodiscard]] Counts on_line(int number) const;
};

/// What was profiled since a session began.
struct Profile {
    std::vector<KernelProfile> kernels;  ///< in the order of their first launch

    /// @param name the kernel's name, or its end: "naive" finds "kbk::gpu::naive"
    /// @return its profile; where it ran with blocks of several sizes, the first
    /// @throws Error naming the kernels that ran
    [[nodiscard]] const KernelProfile& kernel(std::string_view name) const;
};

/// What can be wrong.
enum class Mistake {
    race,           ///< two threads use one place, nothing orders them, and one writes
    uninitialised,  ///< a read of memory that nobody wrote
    out_of_bounds,  ///< an address beyond its array
    misaligned,     ///< an address that is no multiple of the access's size
    host_pointer    ///< an address that is not the device's: host memory, null, another thread's variable
};

/// @return "race", "uninitialised read", ...
std::string_view name(Mistake mistake);

/// A mistake, with its place. The same mistake on the same line and array is told once.
struct Finding {
    Mistake mistake;
    std::string kernel;   ///< the kernel's name
    std::string array;    ///< the buffer or shared array; empty: none
    Line line;            ///< where
    Line other;           ///< where the access stands that it clashes with; empty file: none
    std::string message;  ///< all of it, for people: kernel, block, thread, places, array and index
    std::int64_t count;   ///< how often it happened
};

}  // namespace kbk::cuda::profiler
