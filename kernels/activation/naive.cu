/// @file
/// activation/cuda/naive: one thread an element.
///
/// *Change*: none, this is the first rung: the loop of the CPU is gone, its body is the kernel.
/// *Why*: neighbouring threads take neighbouring elements, so a warp reads 128 consecutive bytes: four sectors of
/// 32 bytes for each request, all of them used. Predicted: near the memory's speed already, for large arrays.
/// *Limits*: each thread moves only eight bytes, and computes its index for them, with a bias also a remainder.
/// *Next*: vectorized.
#include "kernels/activation/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [activation_cuda_naive]
__global__ void naive_kernel(ActivationForward p) {
    const std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < p.count) p.y[i] = activate(p.kind, p.bias ? p.x[i] + p.bias[i % p.columns] : p.x[i]);
}
// [activation_cuda_naive]

}  // namespace

void naive(const ActivationForward& p, Scratch&) {
    if (p.count > 0) cuda::launch<naive_kernel>(blocks_for(p.count), block_threads, 0, p);
}

}  // namespace kbk::gpu
