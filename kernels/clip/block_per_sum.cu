/// @file
/// square_sums/cuda/block_per_sum: a block of threads for each block of the array.
///
/// *Change*: 256 threads take every 256th element, and join their sums by shuffles and in shared memory.
/// *Why*: neighbouring threads read neighbours, and there are 256 times as many. The order depends on the sizes alone.
/// Predicted: the memory's speed for large arrays.
/// *Limits*: arrays below some hundred blocks leave multiprocessors idle.
/// *Next*: none.
#include "kernels/clip/rungs.hpp"
#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

// [clip_cuda_block_per_sum]
__global__ void block_per_sum_kernel(SquareSums p) {
    __shared__ float of_warp[block_threads / 32];
    const std::int64_t begin = std::int64_t(blockIdx.x) * p.block, end = begin + p.block < p.count ? begin + p.block : p.count;
    float sum = 0;
    for (std::int64_t i = begin + threadIdx.x; i < end; i += block_threads) sum += p.x[i] * p.x[i];
    sum = warp_sum(sum);
    if (threadIdx.x % warpSize == 0) of_warp[threadIdx.x / warpSize] = sum;
    __syncthreads();
    if (threadIdx.x > 0) return;
    for (int w = 1; w < block_threads / 32; ++w) sum += of_warp[w];
    p.sums[blockIdx.x] = sum;
}
// [clip_cuda_block_per_sum]

}  // namespace

void block_per_sum(const SquareSums& p, Scratch&) {
    const std::int64_t sums = p.blocks(p.count);
    if (sums > 0) cuda::launch<block_per_sum_kernel>(unsigned(sums), block_threads, 0, p);
}

}  // namespace kbk::gpu
