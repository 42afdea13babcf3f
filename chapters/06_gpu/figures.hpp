/// @file
/// The figures of chapter 6.
#pragma once

#include <span>
#include <string>

#include "chapters/06_gpu/machines.hpp"
#include "common/cuda/profiler/profile.hpp"
#include "common/report/report.hpp"

namespace kbk::lesson {

/// A kernel's place below a roofline.
struct Placed {
    std::string name;                       ///< the kernel's
    double flops;                           ///< float32 operations of the launch
    cuda::profiler::KernelProfile profile;  ///< of the launch

    /// @return operations for each byte of all sectors that its requests moved
    [[nodiscard]] double intensity() const {
        return flops / (32.0 * double(profile.total(cuda::profiler::Room::global).sectors));
    }
    /// @return GFLOP/s on an A100 at most, by its arithmetic, by its memory and by the path in each multiprocessor
    ///         that sectors and wavefronts share
    [[nodiscard]] double attainable() const;
};

/// Which sectors a warp touches, by the distance between its threads. @param report where to
void draw_coalescing(Report& report);
/// Which banks a warp touches that reads down a column of a tile. @param report where to
void draw_banks(Report& report);
/// How many warps of a block still work at each step of a sum. @param report where to
void draw_trees(Report& report);
/// What registers cost in occupancy. @param report where to
void draw_occupancy(Report& report);
/// The roof of a machine with kernels below it.
/// @param report where to @param machine whose roof @param placed kernels
void draw_roofline(Report& report, const Machine& machine, std::span<const Placed> placed);

}  // namespace kbk::lesson
