/// @file
/// batch_norm/cuda/block_per_channel, with its gradients: sixteen warps share a channel.
///
/// *Change*: the threads of a block take neighbouring values of a channel; their sums are added lane by lane, then warp
/// by warp.
/// *Why*: all sectors are used whole, and a channel has 512 threads in place of one. The order of additions depends on
/// the sizes alone, so each run gives the same bits. Predicted: limited by memory; of the three readings of x, two find
/// it in the second-level cache.
/// *Limits*: as many blocks as channels, fewer than a large GPU has multiprocessors.
/// *Next*: none.
#include "kernels/batch_norm/channel.cuh"
#include "kernels/batch_norm/rungs.hpp"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

constexpr int threads = 512, warps = threads / 32;

// [batch_norm_cuda_block_sum]
// The sum of all threads' numbers, for all of them; `of_warp` is free again when all have returned and met at
// a barrier.
__device__ __forceinline__ float block_sum(float value, float* of_warp) {
    value = warp_sum(value);
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = 0;
    for (int warp = 0; warp < warps; ++warp) sum += of_warp[warp];
    return sum;
}
// [batch_norm_cuda_block_sum]

// [batch_norm_cuda_block_per_channel]
__global__ void __launch_bounds__(threads) block_kernel(BatchNorm p) {
    __shared__ float sums[warps], squares[warps];
    const std::int64_t channel = blockIdx.x, m = p.batch * p.pixels;
    float own = 0;
    for (std::int64_t i = threadIdx.x; i < m; i += threads) own += p.x[place(p, channel, i)];
    const float mean = block_sum(own, sums) / float(m);

    own = 0;
    for (std::int64_t i = threadIdx.x; i < m; i += threads) {
        const float from_mean = p.x[place(p, channel, i)] - mean;
        own += from_mean * from_mean;
    }
    const float all = block_sum(own, squares), inverse = 1 / sqrtf(all / float(m) + p.epsilon);
    const float scale = p.scale[channel] * inverse, shift = p.shift[channel];
    for (std::int64_t i = threadIdx.x; i < m; i += threads) {
        const std::int64_t at = place(p, channel, i);
        p.y[at] = scale * (p.x[at] - mean) + shift;
    }
    if (threadIdx.x == 0) keep(p, channel, mean, inverse, all);
}
// [batch_norm_cuda_block_per_channel]

// [batch_norm_backward_cuda_block_per_channel]
__global__ void __launch_bounds__(threads) backward_block_kernel(BatchNormBackward p) {
    __shared__ float shifts[warps], scales[warps];
    const std::int64_t channel = blockIdx.x, m = p.batch * p.pixels;
    const float mean = p.mean[channel], inverse = p.inverse_deviation[channel];
    float own_shift = 0, own_scale = 0;
    for (std::int64_t i = threadIdx.x; i < m; i += threads) {
        const std::int64_t at = place(p, channel, i);
        own_shift += p.dy[at];
        own_scale += p.dy[at] * (p.x[at] - mean) * inverse;
    }
    const float shift = block_sum(own_shift, shifts), scale = block_sum(own_scale, scales);
    const float factor = p.scale[channel] * inverse, by_shift = shift / float(m), by_scale = scale / float(m);
    for (std::int64_t i = threadIdx.x; i < m; i += threads) {
        const std::int64_t at = place(p, channel, i);
        p.dx[at] = factor * (p.dy[at] - by_shift - (p.x[at] - mean) * inverse * by_scale);
    }
    if (threadIdx.x == 0) keep(p, channel, scale, shift);
}
// [batch_norm_backward_cuda_block_per_channel]

}  // namespace

void block_per_channel(const BatchNorm& p, Scratch&) {
    if (p.channels > 0) cuda::launch<block_kernel>(unsigned(p.channels), threads, 0, p);
}

void block_per_channel(const BatchNormBackward& p, Scratch&) {
    if (p.channels > 0) cuda::launch<backward_block_kernel>(unsigned(p.channels), threads, 0, p);
}

}  // namespace kbk::gpu
