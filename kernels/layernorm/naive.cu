/// @file
/// layernorm/cuda/naive: one thread a row.
///
/// *Change*: none, this is the first rung here. It is the CPU's naive rung, whose loop over the rows is gone.
/// *Why*: it is the formula. Predicted: slow. At each step of a loop the threads of a warp read one number of 32
/// different rows: 32 sectors a request, of which an eighth is used.
/// *Limits*: parallel in the rows only.
/// *Next*: warp_per_row.
#include "kernels/elementwise.cuh"
#include "kernels/layernorm/rungs.hpp"

namespace kbk::gpu {

namespace {

// [layernorm_cuda_naive]
__global__ void naive_kernel(LayerNormForward p) {
    const std::int64_t i = global_thread();
    if (i >= p.rows) return;
    const float *x = p.x + i * p.columns, *s = x;
    float *y = p.y + i * p.columns, sum = 0, squares = 0;
    if (p.branch) {
        const float* branch = p.branch + i * p.columns;
        float* stream = p.sum + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) stream[j] = x[j] + branch[j];
        s = stream;
    }
    for (std::int64_t j = 0; j < p.columns; ++j) sum += s[j];
    const float mean = sum / float(p.columns);
    for (std::int64_t j = 0; j < p.columns; ++j) squares += (s[j] - mean) * (s[j] - mean);
    const float rstd = 1 / sqrtf(squares / float(p.columns) + p.epsilon);
    for (std::int64_t j = 0; j < p.columns; ++j) y[j] = p.gamma[j] * ((s[j] - mean) * rstd) + p.beta[j];
    if (p.mean) p.mean[i] = mean;
    if (p.rstd) p.rstd[i] = rstd;
}
// [layernorm_cuda_naive]

}  // namespace

void naive(const LayerNormForward& p, Scratch&) {
    // Small blocks: rows are few, and each block should find a multiprocessor of its own.
    constexpr int threads = 64;
    if (p.rows > 0) cuda::launch<naive_kernel>(unsigned(divide_up(p.rows, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
