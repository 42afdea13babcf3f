/// @file
/// activation_backward/cuda/naive: one thread an element.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the chain rule, an element at a time; all sectors that a warp asks for are used whole. Predicted:
/// near the memory's speed, for large arrays.
/// *Limits*: twelve bytes a thread.
/// *Next*: vectorized.
#include "kernels/activation/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [activation_backward_cuda_naive]
__global__ void backward_naive_kernel(ActivationBackward p) {
    const std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < p.count) p.dx[i] = activation_derivative(p.kind, p.kept()[i]) * p.dy[i];
}
// [activation_backward_cuda_naive]

}  // namespace

void naive(const ActivationBackward& p, Scratch&) {
    if (p.count > 0) cuda::launch<backward_naive_kernel>(blocks_for(p.count), block_threads, 0, p);
}

}  // namespace kbk::gpu
