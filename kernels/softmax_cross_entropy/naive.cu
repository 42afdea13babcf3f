/// @file
/// softmax_cross_entropy/cuda/naive: one thread a row.
///
/// *Change*: none, this is the first rung: the loop over the rows is gone, its body is the kernel.
/// *Why*: it is the formula. Predicted: slow. At each step of a loop the threads of a warp read one logit of 32
/// different rows: 32 sectors a request, of which an eighth is used. A batch of 128 rows is four warps.
/// *Limits*: parallel in the rows only.
/// *Next*: warp_per_row.
#include <cmath>

#include "kernels/elementwise.cuh"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_cross_entropy_cuda_naive]
__global__ void naive_kernel(SoftmaxCrossEntropy p) {
    const std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= p.rows) return;
    const float* z = p.logits + i * p.classes;
    const std::int32_t target = p.labels[i];

    // Shift by the largest logit: the largest exponential becomes 1, and nothing overflows.
    float largest = z[0], sum = 0;
    for (std::int64_t j = 1; j < p.classes; ++j) largest = fmaxf(largest, z[j]);
    for (std::int64_t j = 0; j < p.classes; ++j) sum += expf(z[j] - largest);
    p.loss[i] = logf(sum) - (z[target] - largest);

    // The gradient is the probability, less one at the true class. It may lie over the logits.
    if (!p.gradient) return;
    float* gradient = p.gradient + i * p.classes;
    for (std::int64_t j = 0; j < p.classes; ++j)
        gradient[j] = p.scale * (expf(z[j] - largest) / sum - (j == target ? 1.0f : 0.0f));
}
// [softmax_cross_entropy_cuda_naive]

}  // namespace

void naive(const SoftmaxCrossEntropy& p, Scratch&) {
    // Small blocks: rows are few, and each block should find a multiprocessor of its own.
    constexpr int threads = 64;
    if (p.rows > 0) cuda::launch<naive_kernel>(unsigned(divide_up(p.rows, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
