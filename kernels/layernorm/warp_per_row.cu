/// @file
/// layernorm/cuda/warp_per_row: the 32 lanes of a warp share a row.
///
/// *Change*: lane l takes columns l, l + 32, ...; the sums of the lanes are joined by shuffles.
/// *Why*: neighbouring lanes read neighbouring columns, so each sector that is fetched is used whole, and 32 times as
/// many threads are at work. Shuffles need neither shared memory nor a barrier. Predicted: many times faster than naive.
/// *Limits*: the row is read three times, from the caches at best; a row of thousands keeps one warp long.
/// *Next*: block_per_row.
#include "kernels/elementwise.cuh"
#include "kernels/layernorm/rungs.hpp"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

// [layernorm_cuda_warp_per_row]
__global__ void warp_per_row_kernel(LayerNormForward p) {
    const std::int64_t i = global_thread() / warpSize, n = p.columns;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float *x = p.x + i * n, *branch = p.branch + i * n;
    float *stream = p.sum + i * n, *y = p.y + i * n, sum = 0, squares = 0;
    for (std::int64_t j = lane; j < n; j += warpSize) sum += p.branch ? stream[j] = x[j] + branch[j] : x[j];
    const float mean = warp_sum(sum) / float(n);

    // Each lane reads back what it wrote itself, so there is nothing to wait for.
    const float* s = p.branch ? stream : x;
    for (std::int64_t j = lane; j < n; j += warpSize) squares += (s[j] - mean) * (s[j] - mean);
    const float rstd = 1 / sqrtf(warp_sum(squares) / float(n) + p.epsilon);
    for (std::int64_t j = lane; j < n; j += warpSize) y[j] = p.gamma[j] * ((s[j] - mean) * rstd) + p.beta[j];
    if (lane == 0 && p.mean) p.mean[i] = mean;
    if (lane == 0 && p.rstd) p.rstd[i] = rstd;
}
// [layernorm_cuda_warp_per_row]

}  // namespace

void warp_per_row(const LayerNormForward& p, Scratch&) {
    if (p.rows > 0) cuda::launch<warp_per_row_kernel>(blocks_for(p.rows * 32), block_threads, 0, p);
}

}  // namespace kbk::gpu
