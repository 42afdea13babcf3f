/// @file
/// layernorm_backward/cuda/naive: one thread a column, then one thread a row.
///
/// *Change*: none, this is the first rung here: the CPU's naive rung, whose outer loops are gone.
/// *Why*: a sum belongs to one thread, so no two threads meet at a number. Columns come first, since dx may lie over dy.
/// Predicted: slow. The threads of the second kernel read 32 different rows at each step; those of the first read
/// neighbours, but are as few as the columns.
/// *Limits*: parallel in one direction at a time.
/// *Next*: warp_per_row.
#include "kernels/elementwise.cuh"
#include "kernels/layernorm/rungs.hpp"

namespace kbk::gpu {

namespace {

// [layernorm_backward_cuda_naive]
__global__ void columns_kernel(LayerNormBackward p) {
    const std::int64_t j = global_thread();
    if (j >= p.columns) return;
    float gamma = 0, beta = 0;
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float g = p.dy[i * p.columns + j];
        gamma += g * ((p.x[i * p.columns + j] - p.mean[i]) * p.rstd[i]);
        beta += g;
    }
    p.d_gamma[j] = p.old_gamma == 0 ? gamma : p.old_gamma * p.d_gamma[j] + gamma;
    p.d_beta[j] = p.old_beta == 0 ? beta : p.old_beta * p.d_beta[j] + beta;
}

__global__ void rows_kernel(LayerNormBackward p) {
    const std::int64_t i = global_thread();
    if (i >= p.rows) return;
    const float *x = p.x + i * p.columns, *dy = p.dy + i * p.columns, mean = p.mean[i], rstd = p.rstd[i];
    float by_one = 0, by_value = 0;
    for (std::int64_t j = 0; j < p.columns; ++j) {
        const float h = p.gamma[j] * dy[j];
        by_one += h;
        by_value += h * ((x[j] - mean) * rstd);
    }
    by_one /= float(p.columns), by_value /= float(p.columns);
    for (std::int64_t j = 0; j < p.columns; ++j) {
        const float dx = (p.gamma[j] * dy[j] - by_one - (x[j] - mean) * rstd * by_value) * rstd;
        p.dx[i * p.columns + j] = p.residual ? dx + p.residual[i * p.columns + j] : dx;
    }
}
// [layernorm_backward_cuda_naive]

}  // namespace

void naive(const LayerNormBackward& p, Scratch&) {
    // Small blocks: columns and rows are few, and each block should find a multiprocessor of its own.
    constexpr int threads = 64;
    if (p.columns > 0) cuda::launch<columns_kernel>(unsigned(divide_up(p.columns, threads)), threads, 0, p);
    if (p.rows > 0) cuda::launch<rows_kernel>(unsigned(divide_up(p.rows, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
