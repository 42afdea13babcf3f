/// @file
/// embedding_backward/cuda/naive: one thread a column.
///
/// *Change*: none, this is the first rung: the loop over the columns is gone.
/// *Why*: a column belongs to one thread, which adds its rows in their order, so no two threads meet at a number.
/// Neighbouring threads read and write neighbours. Predicted: slow, as 768 columns are 24 warps, each of which waits for
/// one row after the other.
/// *Limits*: parallel in the columns only.
/// *Next*: leaders.
#include "kernels/embedding/rungs.hpp"
#include "kernels/embedding/scaled.cuh"

namespace kbk::gpu {

namespace {

// [embedding_backward_cuda_naive]
__global__ void backward_naive_kernel(EmbeddingBackward p) {
    const std::int64_t j = global_thread();
    if (j >= p.width) return;
    for (std::int64_t i = 0; i < p.rows; ++i) p.gradient[p.tokens[i] * p.width + j] += p.dy[i * p.width + j];
}
// [embedding_backward_cuda_naive]

}  // namespace

void naive(const EmbeddingBackward& p, Scratch&) {
    scale_old(p);
    // Small blocks: columns are few, and each block should find a multiprocessor of its own.
    constexpr int threads = 64;
    if (p.rows * p.width > 0) cuda::launch<backward_naive_kernel>(unsigned(divide_up(p.width, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
