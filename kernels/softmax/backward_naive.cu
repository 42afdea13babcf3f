/// @file
/// softmax_backward/cuda/naive: one thread a row.
///
/// *Change*: none, this is the first rung here. It is the CPU's rowwise rung, whose loop over the rows is gone.
/// *Why*: as in the forward direction. Predicted: slow, for the memory's sake.
/// *Limits*: parallel in the rows only.
/// *Next*: warp_per_row.
#include "kernels/elementwise.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_backward_cuda_naive]
__global__ void backward_naive_kernel(SoftmaxBackward p) {
    const std::int64_t i = global_thread();
    if (i >= p.rows) return;
    const float *y = p.y + i * p.columns, *dy = p.dy + i * p.columns;
    float *dx = p.dx + i * p.columns, dot = 0;
    for (std::int64_t k = 0; k < p.columns; ++k) dot += y[k] * dy[k];
    for (std::int64_t j = 0; j < p.columns; ++j) dx[j] = y[j] * (dy[j] - dot);
}
// [softmax_backward_cuda_naive]

}  // namespace

void naive(const SoftmaxBackward& p, Scratch&) {
    constexpr int threads = 64;  // rows are few: each block should find a multiprocessor of its own
    if (p.rows > 0) cuda::launch<backward_naive_kernel>(unsigned(divide_up(p.rows, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
