/// @file
/// bias_gradient/cuda/naive: one thread a column.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula, and better than it looks: threads side by side read elements side by side, so all
/// sectors are used whole. Predicted: slow all the same, since a layer of 512 columns occupies 16 warps of the
/// thousands that a GPU holds, each of them waiting for memory at every row.
/// *Limits*: parallel in the columns only.
/// *Next*: tiled.
#include "kernels/bias/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [bias_gradient_cuda_naive]
__global__ void gradient_naive_kernel(BiasGradient p) {
    const std::int64_t j = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    if (j >= p.columns) return;
    float sum = 0;
    for (std::int64_t i = 0; i < p.rows; ++i) sum += p.dy[i * p.columns + j];
    p.gradient[j] = p.beta == 0 ? sum : p.beta * p.gradient[j] + sum;
}
// [bias_gradient_cuda_naive]

}  // namespace

void naive(const BiasGradient& p, Scratch&) {
    if (p.columns > 0) cuda::launch<gradient_naive_kernel>(blocks_for(p.columns), block_threads, 0, p);
}

}  // namespace kbk::gpu
