/// @file
/// softmax_cross_entropy/cuda/warp_per_row: the lanes of a warp share a row.
///
/// *Change*: lane l takes logits l, l + 32, ...; maximum and sum meet by shuffles, from register to register.
/// *Why*: a warp now reads 128 consecutive bytes: four sectors a request in place of 32, all of them used, and there
/// are 32 times as many warps. A shuffle needs neither shared memory nor a barrier. Predicted: many times the naive
/// rung, near the memory's speed where rows are many.
/// *Limits*: rows of few classes leave lanes idle; a long row is still walked by one warp alone.
/// *Next*: block_per_row.
#include <limits>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_cross_entropy_cuda_warp_per_row]
__global__ void warp_per_row_kernel(SoftmaxCrossEntropy p) {
    const std::int64_t i = global_thread() / warpSize;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float* z = p.logits + i * p.classes;
    const std::int32_t target = p.labels[i];

    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t j = lane; j < p.classes; j += warpSize) largest = fmaxf(largest, z[j]);
    largest = warp_max(largest);

    float sum = 0;
    for (std::int64_t j = lane; j < p.classes; j += warpSize) sum += expf(z[j] - largest);
    sum = warp_sum(sum);
    if (lane == 0) p.loss[i] = logf(sum) - (z[target] - largest);

    // The gradient may lie over the logits: nobody writes before the target's logit was read.
    __syncwarp();
    if (!p.gradient) return;
    float* gradient = p.gradient + i * p.classes;
    for (std::int64_t j = lane; j < p.classes; j += warpSize)
        gradient[j] = p.scale * (expf(z[j] - largest) / sum - (j == target ? 1.0f : 0.0f));
}
// [softmax_cross_entropy_cuda_warp_per_row]

}  // namespace

void warp_per_row(const SoftmaxCrossEntropy& p, Scratch&) {
    if (p.rows > 0) cuda::launch<warp_per_row_kernel>(blocks_for(p.rows * 32), block_threads, 0, p);
}

}  // namespace kbk::gpu
