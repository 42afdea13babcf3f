/// @file
/// softmax/cuda/block_per_row: eight warps share a row.
///
/// *Change*: the threads of a whole block take one row; what the warps found meets in shared memory.
/// *Why*: eight times as many loads of a long row are on their way at once. Predicted: several times warp_per_row on few
/// long rows, and a loss on many short ones, where seven of eight warps only wait.
/// *Limits*: two barriers for each of two reductions; the logits are read three times.
/// *Next*: online.
#include <limits>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int warps = block_threads / 32;

// [softmax_cuda_block_per_row]
__global__ void block_per_row_kernel(Softmax p) {
    __shared__ float of_warp[warps];
    const int thread = int(threadIdx.x), lane = thread % warpSize, warp = thread / warpSize;
    const float* x = p.x + std::int64_t(blockIdx.x) * p.columns;
    float* y = p.y + std::int64_t(blockIdx.x) * p.columns;

    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t j = thread; j < p.columns; j += block_threads) largest = fmaxf(largest, x[j]);
    largest = warp_max(largest);
    if (lane == 0) of_warp[warp] = largest;
    __syncthreads();
    for (int w = 0; w < warps; ++w) largest = fmaxf(largest, of_warp[w]);
    __syncthreads();  // all have read the maxima before sums take their place

    float sum = 0;
    for (std::int64_t j = thread; j < p.columns; j += block_threads) sum += expf(x[j] - largest);
    sum = warp_sum(sum);
    if (lane == 0) of_warp[warp] = sum;
    __syncthreads();
    sum = 0;
    for (int w = 0; w < warps; ++w) sum += of_warp[w];
    for (std::int64_t j = thread; j < p.columns; j += block_threads) y[j] = expf(x[j] - largest) / sum;
}
// [softmax_cuda_block_per_row]

}  // namespace

void block_per_row(const Softmax& p, Scratch&) {
    if (p.rows > 0) cuda::launch<block_per_row_kernel>(unsigned(p.rows), block_threads, 0, p);
}

}  // namespace kbk::gpu
