/// @file
/// How many blocks a multiprocessor holds.
#include "common/cuda/profiler/occupancy.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"

namespace kbk::cuda::profiler {

namespace {

constexpr int round_up(int value, int unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

// [profiler_occupancy]
Occupancy occupancy(const emulator::Architecture& a, int registers, std::size_t shared_bytes, int threads) {
    require(threads >= 1 && threads <= a.threads_per_block, "a block of {} threads: {} takes from 1 to {}", threads, a.name,
            a.threads_per_block);
    require(registers >= 0 && registers <= a.registers_per_thread, "{} registers in a thread: {} has at most {}", registers,
            a.name, a.registers_per_thread);
    constexpr int warp = 32;
    constexpr int partitions = 4;                           // each with its own scheduler and a quarter of the registers
    const int shared_unit = a.major == 7 ? 256 : 128;       // bytes; cudaOccSMemAllocationGranularity
    const int warps = (threads + warp - 1) / warp;

    const int by_warps = a.warps_per_sm / warps;
    const int by_blocks = a.blocks_per_sm;
    // The warps of a block are dealt to the partitions, and each warp's registers lie in its own partition.
    int by_registers = by_blocks;
    if (registers > 0) {
        const int per_warp = round_up(registers * warp, a.register_unit);
        const bool fits = per_warp * round_up(warps, partitions) <= a.registers_per_sm;
        by_registers = fits ? a.registers_per_sm / partitions / per_warp * partitions / warps : 0;
    }
    int by_shared = by_blocks;
    if (shared_bytes + a.shared_bytes_reserved > 0) {
        const int taken = round_up(int(shared_bytes + a.shared_bytes_reserved), shared_unit);
        by_shared = shared_bytes > a.shared_bytes_per_block ? 0 : int(a.shared_bytes_per_sm) / taken;
    }

    const std::array<std::pair<int, std::string_view>, 4> limits{
        {{by_warps, "warps"}, {by_blocks, "blocks"}, {by_registers, "registers"}, {by_shared, "shared memory"}}};
    const auto [blocks, limiter] = *std::min_element(
        limits.begin(), limits.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
    return {blocks, blocks * warps, double(blocks * warps) / a.warps_per_sm, limiter};
}
// [profiler_occupancy]

}  // namespace kbk::cuda::profiler
