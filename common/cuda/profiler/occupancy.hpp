/// @file
/// Occupancy: how many blocks of a kernel a multiprocessor holds at once, and what limits them.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/cuda/emulator/architecture.hpp"

namespace kbk::cuda::profiler {

/// How full a multiprocessor gets.
struct Occupancy {
    int blocks;                ///< resident blocks of each multiprocessor; 0: the kernel cannot be launched
    int warps;                 ///< resident warps
    double share;              ///< of the warps that it could hold
    std::string_view limiter;  ///< "warps", "blocks", "registers" or "shared memory": the scarcest, the first of equals
};

/// A block gets its registers, its shared memory and its place among the warps when it starts, and keeps them to its end.
/// So the resource that runs out first decides. Theoretical occupancy, as NVIDIA's cuda_occupancy.h computes it with
/// the largest share for shared memory.
/// @param architecture the GPU's generation
/// @param registers    of a thread, as `nvcc -Xptxas -v` reports them, at most 255
/// @param shared_bytes of a block, static and dynamic together
/// @param threads      of a block, 1 to 1024
/// @return the occupancy
/// @throws Error for threads or registers beyond the limits
Occupancy occupancy(const emulator::Architecture& architecture, int registers, std::size_t shared_bytes, int threads);

}  // namespace kbk::cuda::profiler
