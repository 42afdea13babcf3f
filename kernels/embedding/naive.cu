/// @file
/// embedding/cuda/naive: one thread an element.
///
/// *Change*: none, this is the first rung: the loops of the CPU are gone, their body is the kernel.
/// *Why*: neighbouring threads take neighbouring elements of a row, so each sector that is fetched is used whole.
/// Predicted: limited by arithmetic: two 64-bit remainders for each element, only to find where it comes from.
/// *Limits*: each thread moves only eight bytes, and reads its token again.
/// *Next*: vectorized.
#include "kernels/elementwise.cuh"
#include "kernels/embedding/rungs.hpp"

namespace kbk::gpu {

namespace {

// [embedding_cuda_naive]
__global__ void naive_kernel(EmbeddingForward p) {
    const std::int64_t at = global_thread();
    if (at >= p.rows * p.width) return;
    const std::int64_t i = at / p.width, j = at % p.width;
    const float value = p.table[p.tokens[i] * p.width + j];
    p.y[at] = p.positions ? value + p.positions[i % p.time * p.width + j] : value;
}
// [embedding_cuda_naive]

}  // namespace

void naive(const EmbeddingForward& p, Scratch&) {
    if (p.rows * p.width > 0) cuda::launch<naive_kernel>(blocks_for(p.rows * p.width), block_threads, 0, p);
}

}  // namespace kbk::gpu
