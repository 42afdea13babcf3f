/// @file
/// The GPUs that the tables name, and the least time that a kernel can take on each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kbk::cuda::profiler {

/// A GPU by its data sheet. Peaks are those without sparsity.
struct Gpu {
    std::string_view name;          ///< "A100"
    std::string_view architecture;  ///< "sm_80"
    int multiprocessors;
    double fp32_flops;              ///< operations per second, a fused multiply-add counting two
    double tf32_flops;              ///< of the tensor cores, with sums in float32; 0: they do not know the type
    double bf16_flops;
    double bytes_per_second;        ///< to and from its memory
    double clock;                   ///< hertz, boosted
};

/// @return T4, A100, RTX 4090, H100
std::span<const Gpu> gpus();

/// @param name "A100", or its architecture: "sm_80"
/// @return that GPU
/// @throws Error naming the choices
const Gpu& gpu_named(std::string_view name);

/// What a kernel must do, whatever the GPU.
struct Work {
    double flops = 0;               ///< arithmetic
    double bytes = 0;               ///< that memory must move
    std::int64_t sectors = 0;       ///< of global memory that requests ask for, through the first-level cache
    std::int64_t wavefronts = 0;    ///< of shared memory
    /// Which units do the arithmetic.
    enum class Arithmetic { fp32, tf32, bf16 };
    Arithmetic arithmetic = Arithmetic::fp32;  ///< whose peak counts
};

/// The least time, and what sets it.
struct Bound {
    double seconds;
    std::string_view limiter;  ///< "arithmetic", "memory" or "shared memory and L1"
};

/// A bound from below: no GPU of the kind can be faster, and most kernels are slower, since nothing here knows of
/// latency or of units that wait. The largest of three times: arithmetic at the peak; bytes at the memory's bandwidth;
/// and the way through each multiprocessor's data path, 128 bytes (a wavefront, or four sectors) in a clock.
/// @param gpu where @param work what
/// @return the bound; seconds are 0 where the GPU lacks the arithmetic
Bound roofline(const Gpu& gpu, const Work& work);

}  // namespace kbk::cuda::profiler
