/// @file
/// layernorm_backward/cuda/warp_per_row: a warp for each row, strips of rows for the columns' sums.
///
/// *Change*: the lanes of a warp share a row, and join its two sums by shuffles. For d_gamma and d_beta, a block of eight
/// warps sums 32 columns over a strip of rows in shared memory; a second launch sums the strips.
/// *Why*: whole sectors, and enough threads in both directions. The strips depend on the sizes alone, so equal inputs
/// give equal bits, which atomic additions would not. Predicted: many times faster than naive.
/// *Limits*: x and dy are read by both kernels, the second time from a cache at best. A kernel that did both would have to
/// keep the sums of all columns in every block.
/// *Next*: none.
#include "kernels/elementwise.cuh"
#include "kernels/layernorm/rungs.hpp"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

// Columns and warps of a block that sums columns; rows of a strip, and strips at most.
constexpr int tile_columns = 32, tile_rows = 8;
constexpr std::int64_t least_rows = 64, most_strips = 64;

// [layernorm_backward_cuda_columns]
/// The sums of 32 columns over a strip of rows. Thread row y takes rows y, y + 8, ...; then the eight are added in order.
/// @param parts (strips, 2, columns): the sums for d_gamma, then those for d_beta
__global__ void strips_kernel(LayerNormBackward p, float* parts, std::int64_t height) {
    __shared__ float gammas[tile_rows][tile_columns], betas[tile_rows][tile_columns];
    const std::int64_t j = std::int64_t(blockIdx.x) * tile_columns + threadIdx.x;
    const std::int64_t begin = blockIdx.y * height, end = begin + height < p.rows ? begin + height : p.rows;
    float gamma = 0, beta = 0;
    if (j < p.columns)
        for (std::int64_t i = begin + threadIdx.y; i < end; i += tile_rows) {
            const float g = p.dy[i * p.columns + j];
            gamma += g * ((p.x[i * p.columns + j] - p.mean[i]) * p.rstd[i]);
            beta += g;
        }
    gammas[threadIdx.y][threadIdx.x] = gamma;
    betas[threadIdx.y][threadIdx.x] = beta;
    __syncthreads();
    if (threadIdx.y != 0 || j >= p.columns) return;
    for (int y = 1; y < tile_rows; ++y) {
        gamma += gammas[y][threadIdx.x];
        beta += betas[y][threadIdx.x];
    }
    float* part = parts + blockIdx.y * 2 * p.columns;
    part[j] = gamma;
    part[p.columns + j] = beta;
}

__global__ void join_kernel(LayerNormBackward p, const float* parts, std::int64_t strips) {
    const std::int64_t j = global_thread();
    if (j >= p.columns) return;
    float gamma = 0, beta = 0;
    for (std::int64_t s = 0; s < strips; ++s) {
        gamma += parts[s * 2 * p.columns + j];
        beta += parts[(s * 2 + 1) * p.columns + j];
    }
    p.d_gamma[j] = p.old_gamma == 0 ? gamma : p.old_gamma * p.d_gamma[j] + gamma;
    p.d_beta[j] = p.old_beta == 0 ? beta : p.old_beta * p.d_beta[j] + beta;
}
// [layernorm_backward_cuda_columns]

// [layernorm_backward_cuda_warp_per_row]
__global__ void backward_warp_per_row_kernel(LayerNormBackward p) {
    const std::int64_t i = global_thread() / warpSize, n = p.columns;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float *x = p.x + i * n, *dy = p.dy + i * n, mean = p.mean[i], rstd = p.rstd[i];
    float by_one = 0, by_value = 0;
    for (std::int64_t j = lane; j < n; j += warpSize) {
        const float h = p.gamma[j] * dy[j];
        by_one += h;
        by_value += h * ((x[j] - mean) * rstd);
    }
    by_one = warp_sum(by_one) / float(n);
    by_value = warp_sum(by_value) / float(n);
    for (std::int64_t j = lane; j < n; j += warpSize) {
        const float dx = (p.gamma[j] * dy[j] - by_one - (x[j] - mean) * rstd * by_value) * rstd;
        p.dx[i * n + j] = p.residual ? dx + p.residual[i * n + j] : dx;
    }
}
// [layernorm_backward_cuda_warp_per_row]

}  // namespace

void warp_per_row(const LayerNormBackward& p, Scratch& scratch) {
    if (p.columns == 0) return;
    // Columns first, since dx may lie over dy.
    const std::int64_t height = std::max(least_rows, divide_up(p.rows, most_strips)), strips = divide_up(p.rows, height);
    const Scratch::Frame frame(scratch);
    float* parts = scratch.take<float>(strips * 2 * p.columns);
    if (strips > 0) {
        const dim3 grid(unsigned(divide_up(p.columns, tile_columns)), unsigned(strips));
        cuda::launch<strips_kernel>(grid, dim3(tile_columns, tile_rows), 0, p, parts, height);
    }
    cuda::launch<join_kernel>(blocks_for(p.columns), block_threads, 0, p, parts, strips);
    if (p.rows > 0) cuda::launch<backward_warp_per_row_kernel>(blocks_for(p.rows * 32), block_threads, 0, p);
}

}  // namespace kbk::gpu
