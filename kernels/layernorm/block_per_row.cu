/// @file
/// layernorm/cuda/block_per_row: a block shares a row, and keeps it in registers.
///
/// *Change*: eight warps take one row, four columns a thread and step; a thread's columns stay in its registers from the
/// first sum to the result.
/// *Why*: the row comes from memory once, in requests of 512 bytes, and is never read again, not even from a cache.
/// Predicted: near the memory's speed for rows of some thousands.
/// *Limits*: two barriers for each of two sums. Rows below 1024 would leave threads idle, rows beyond 8192 do not fit the
/// registers; it refuses both, and rows that are no multiple of four.
/// *Next*: none.
#include "kernels/elementwise.cuh"
#include "kernels/layernorm/rungs.hpp"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

constexpr int warps = block_threads / 32;

// The sum over the block, in the order of the warps; all threads call, and get the same bits.
__device__ __forceinline__ float block_sum(float value, float* of_warp) {
    value = warp_sum(value);
    if (threadIdx.x % warpSize == 0) of_warp[threadIdx.x / warpSize] = value;
    __syncthreads();
    float sum = 0;
    for (int w = 0; w < warps; ++w) sum += of_warp[w];
    return sum;
}

// [layernorm_cuda_block_per_row]
/// @tparam width columns of an access: 4, or 1 where addresses do not allow it
/// @tparam steps accesses of a thread, enough for the row
template <int width, int steps>
__global__ void block_per_row_kernel(LayerNormForward p) {
    __shared__ float sums[warps], squares[warps];
    const std::int64_t n = p.columns, row = std::int64_t(blockIdx.x) * n;
    const auto column = [](int step) { return (std::int64_t(step) * block_threads + threadIdx.x) * width; };

    Floats<width> s[steps];
    float sum = 0;
#pragma unroll
    for (int step = 0; step < steps; ++step) {
        const std::int64_t j = column(step);
        if (j >= n) break;
        s[step] = load<width>(p.x + row + j);
        if (p.branch) {
            const auto branch = load<width>(p.branch + row + j);
            for (int e = 0; e < width; ++e) s[step].value[e] += branch.value[e];
            store(p.sum + row + j, s[step]);
        }
        for (const float v : s[step].value) sum += v;
    }
    const float mean = block_sum(sum, sums) / float(n);

    float square = 0;
#pragma unroll
    for (int step = 0; step < steps; ++step)
        if (column(step) < n)
            for (const float v : s[step].value) square += (v - mean) * (v - mean);
    const float rstd = 1 / sqrtf(block_sum(square, squares) / float(n) + p.epsilon);

#pragma unroll
    for (int step = 0; step < steps; ++step) {
        const std::int64_t j = column(step);
        if (j >= n) break;
        const auto gamma = load<width>(p.gamma + j), beta = load<width>(p.beta + j);
        for (int e = 0; e < width; ++e)
            s[step].value[e] = gamma.value[e] * ((s[step].value[e] - mean) * rstd) + beta.value[e];
        store(p.y + row + j, s[step]);
    }
    if (threadIdx.x == 0 && p.mean) p.mean[blockIdx.x] = mean;
    if (threadIdx.x == 0 && p.rstd) p.rstd[blockIdx.x] = rstd;
}
// [layernorm_cuda_block_per_row]

template <int floats>
void launch(const LayerNormForward& p) {
    const auto blocks = unsigned(p.rows);
    if (aligned({p.x, p.branch, p.sum, p.y, p.gamma, p.beta}))
        cuda::launch<block_per_row_kernel<4, floats / 4>>(blocks, block_threads, 0, p);
    else
        cuda::launch<block_per_row_kernel<1, floats>>(blocks, block_threads, 0, p);
}

}  // namespace

void block_per_row(const LayerNormForward& p, Scratch&) {
    if (p.rows == 0) return;
    if (p.columns <= 4 * block_threads)
        launch<4>(p);
    else if (p.columns <= 16 * block_threads)
        launch<16>(p);
    else
        launch<32>(p);
}

}  // namespace kbk::gpu
