/// @file
/// square_sums, rescale/cuda/naive: a thread for each sum, and for each product.
///
/// *Change*: none, this is the first rung: the outer loops of the CPU are gone.
/// *Why*: a sum belongs to one thread. Predicted: the products run near the memory's speed; the sums do not, as
/// neighbouring threads read 64 KiB apart, and there are few of them.
/// *Limits*: as many threads as blocks.
/// *Next*: block_per_sum; vectorized.
#include "kernels/clip/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [clip_cuda_naive]
__global__ void square_sums_naive_kernel(SquareSums p) {
    const std::int64_t b = global_thread();
    if (b >= p.blocks(p.count)) return;
    float sum = 0;
    for (std::int64_t i = b * p.block; i < (b + 1) * p.block && i < p.count; ++i) sum += p.x[i] * p.x[i];
    p.sums[b] = sum;
}

__global__ void rescale_naive_kernel(Rescale p) {
    const std::int64_t i = global_thread();
    if (i < p.count) p.x[i] *= p.factor;
}
// [clip_cuda_naive]

}  // namespace

void naive(const SquareSums& p, Scratch&) {
    constexpr int threads = 32;
    const std::int64_t sums = p.blocks(p.count);
    if (sums > 0) cuda::launch<square_sums_naive_kernel>(unsigned(divide_up(sums, threads)), threads, 0, p);
}

void naive(const Rescale& p, Scratch&) {
    if (p.count > 0) cuda::launch<rescale_naive_kernel>(blocks_for(p.count), block_threads, 0, p);
}

}  // namespace kbk::gpu
