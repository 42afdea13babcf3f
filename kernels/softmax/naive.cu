/// @file
/// softmax/cuda/naive: one thread a row.
///
/// *Change*: none, this is the first rung here. It is the CPU's stable rung, whose loop over the rows is gone.
/// *Why*: it is the formula. Predicted: slow. At each step of a loop the threads of a warp read one logit of 32
/// different rows: 32 sectors a request, of which an eighth is used.
/// *Limits*: parallel in the rows only.
/// *Next*: warp_per_row.
#include "kernels/elementwise.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_cuda_naive]
__global__ void naive_kernel(Softmax p) {
    const std::int64_t i = global_thread();
    if (i >= p.rows) return;
    const float* x = p.x + i * p.columns;
    float* y = p.y + i * p.columns;

    float largest = x[0], sum = 0;
    for (std::int64_t j = 1; j < p.columns; ++j) largest = fmaxf(largest, x[j]);
    for (std::int64_t j = 0; j < p.columns; ++j) sum += y[j] = expf(x[j] - largest);
    for (std::int64_t j = 0; j < p.columns; ++j) y[j] /= sum;
}
// [softmax_cuda_naive]

}  // namespace

void naive(const Softmax& p, Scratch&) {
    // Small blocks: rows are few, and each block should find a multiprocessor of its own.
    constexpr int threads = 64;
    if (p.rows > 0 && p.columns > 0) cuda::launch<naive_kernel>(unsigned(divide_up(p.rows, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
