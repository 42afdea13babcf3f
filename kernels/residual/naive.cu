/// @file
/// residual/cuda/naive: one thread an element.
///
/// *Change*: none, this is the first rung: the loop of the CPU is gone, its body is the kernel.
/// *Why*: neighbouring threads take neighbouring elements, so each sector that is fetched is used whole. Predicted: near
/// the memory's speed already, for large arrays.
/// *Limits*: each thread moves only twelve bytes.
/// *Next*: vectorized.
#include "kernels/elementwise.cuh"
#include "kernels/residual/rungs.hpp"

namespace kbk::gpu {

namespace {

// [residual_cuda_naive]
__global__ void naive_kernel(Residual p) {
    const std::int64_t i = global_thread();
    if (i < p.count) p.y[i] = p.a[i] + p.b[i];
}
// [residual_cuda_naive]

}  // namespace

void naive(const Residual& p, Scratch&) {
    if (p.count > 0) cuda::launch<naive_kernel>(blocks_for(p.count), block_threads, 0, p);
}

}  // namespace kbk::gpu
