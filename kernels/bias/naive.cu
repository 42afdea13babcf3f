/// @file
/// bias/cuda/naive: one thread an element.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula. A warp reads and writes consecutive elements, and the bias of the same columns, which
/// the caches hold. Predicted: a third request for each two, and a 64-bit remainder an element, which costs more
/// instructions than all the rest.
/// *Limits*: every element reads its bias again.
/// *Next*: vectorized.
#include "kernels/bias/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [bias_cuda_naive]
__global__ void naive_kernel(Bias p) {
    const std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < p.rows * p.columns) p.y[i] += p.bias[i % p.columns];
}
// [bias_cuda_naive]

}  // namespace

void naive(const Bias& p, Scratch&) {
    const std::int64_t count = p.rows * p.columns;
    if (count > 0) cuda::launch<naive_kernel>(blocks_for(count), block_threads, 0, p);
}

}  // namespace kbk::gpu
