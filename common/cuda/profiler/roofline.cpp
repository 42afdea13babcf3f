/// @file
/// Data sheets of GPUs, and the least time that a kernel can take on them.
#include "common/cuda/profiler/roofline.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"

namespace kbk::cuda::profiler {

namespace {

// Sources: NVIDIA T4 data sheet (2019) and Turing whitepaper: 40 SMs, 8.1 TFLOP/s, 320 GB/s, boost 1.59 GHz.
// NVIDIA A100 data sheet (2021), SXM with 80 GB: 19.5, 156 and 312 TFLOP/s, 2039 GB/s; A100 whitepaper: 108 SMs,
// boost 1.41 GHz.
// NVIDIA Ada whitepaper (2022), appendix A, RTX 4090: 128 SMs, 82.6 TFLOP/s; tensor cores with sums in float32 82.6
// (tf32) and 165.2 (bf16); 1008 GB/s, boost 2.52 GHz.
// NVIDIA H100 data sheet (2023), SXM: 67 TFLOP/s, tensor cores 989 (tf32) and 1979 (bf16) with sparsity, half of that
// without; 3.35 TB/s. H100 whitepaper: 132 SMs; 66.9 TFLOP/s on 132 * 128 lanes make a boost clock of 1.98 GHz.
constexpr double tera = 1e12, giga = 1e9;
constexpr std::array table{
    Gpu{"T4", "sm_75", 40, 8.1 * tera, 0, 0, 320 * giga, 1.59 * giga},
    Gpu{"A100", "sm_80", 108, 19.5 * tera, 156 * tera, 312 * tera, 2039 * giga, 1.41 * giga},
    Gpu{"RTX 4090", "sm_89", 128, 82.6 * tera, 82.6 * tera, 165.2 * tera, 1008 * giga, 2.52 * giga},
    Gpu{"H100", "sm_90", 132, 66.9 * tera, 494.7 * tera, 989.4 * tera, 3350 * giga, 1.98 * giga},
};

}  // namespace

std::span<const Gpu> gpus() { return table; }

const Gpu& gpu_named(std::string_view name) {
    for (const Gpu& gpu : table)
        if (gpu.name == name || gpu.architecture == name) return gpu;
    fail("no data sheet of a GPU '{}'; choose T4 (sm_75), A100 (sm_80), RTX 4090 (sm_89) or H100 (sm_90)", name);
}

// [profiler_roofline]
Bound roofline(const Gpu& gpu, const Work& work) {
    const double peak = work.arithmetic == Work::Arithmetic::tf32   ? gpu.tf32_flops
                        : work.arithmetic == Work::Arithmetic::bf16 ? gpu.bf16_flops
                                                                    : gpu.fp32_flops;
    if (peak == 0) return {0, "arithmetic"};
    constexpr double sectors_per_clock = 4;
    const double clocks = double(work.wavefronts) + double(work.sectors) / sectors_per_clock;
    const std::array<Bound, 3> bounds{{{work.flops / peak, "arithmetic"},
                                       {work.bytes / gpu.bytes_per_second, "memory"},
                                       {clocks / gpu.multiprocessors / gpu.clock, "shared memory and L1"}}};
    return *std::max_element(bounds.begin(), bounds.end(),
                             [](const Bound& a, const Bound& b) { return a.seconds < b.seconds; });
}
// [profiler_roofline]

}  // namespace kbk::cuda::profiler
