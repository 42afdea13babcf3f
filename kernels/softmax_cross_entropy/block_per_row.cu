/// @file
/// softmax_cross_entropy/cuda/block_per_row: eight warps share a row.
///
/// *Change*: the threads of a whole block take one row; what the warps found meets in shared memory.
/// *Why*: a row of 50,257 logits, a language model's vocabulary, keeps one warp busy for 1571 steps of three loops.
/// Now 256 threads take 197 each, and eight times as many loads are on their way. Predicted: several times
/// warp_per_row on few long rows, and a loss on many short ones, where seven of eight warps only wait.
/// *Limits*: two barriers for each of two reductions; the logits are read three times.
/// *Next*: online.
#include <limits>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int warps = block_threads / 32;

// [softmax_cross_entropy_cuda_block_per_row]
__global__ void block_per_row_kernel(SoftmaxCrossEntropy p) {
    __shared__ float of_warp[warps];
    const std::int64_t i = blockIdx.x;
    const int thread = int(threadIdx.x), lane = thread % warpSize, warp = thread / warpSize;
    const float* z = p.logits + i * p.classes;
    const std::int32_t target = p.labels[i];
    const float target_logit = z[target];  // read before the gradient may overwrite it

    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t j = thread; j < p.classes; j += block_threads) largest = fmaxf(largest, z[j]);
    largest = warp_max(largest);
    if (lane == 0) of_warp[warp] = largest;
    __syncthreads();
    for (int w = 0; w < warps; ++w) largest = fmaxf(largest, of_warp[w]);
    __syncthreads();  // all have read the maxima before sums take their place

    float sum = 0;
    for (std::int64_t j = thread; j < p.classes; j += block_threads) sum += expf(z[j] - largest);
    sum = warp_sum(sum);
    if (lane == 0) of_warp[warp] = sum;
    __syncthreads();
    sum = 0;
    for (int w = 0; w < warps; ++w) sum += of_warp[w];
    if (thread == 0) p.loss[i] = logf(sum) - (target_logit - largest);

    if (!p.gradient) return;
    float* gradient = p.gradient + i * p.classes;
    for (std::int64_t j = thread; j < p.classes; j += block_threads)
        gradient[j] = p.scale * (expf(z[j] - largest) / sum - (j == target ? 1.0f : 0.0f));
}
// [softmax_cross_entropy_cuda_block_per_row]

}  // namespace

void block_per_row(const SoftmaxCrossEntropy& p, Scratch&) {
    if (p.rows > 0) cuda::launch<block_per_row_kernel>(unsigned(p.rows), block_threads, 0, p);
}

}  // namespace kbk::gpu
