/// @file
/// softmax/cuda/online: maximum and sum in one pass, by a warp or a block as the row's length asks.
///
/// *Change*: while a thread walks its columns it keeps the largest so far and the sum of exponentials relative to it;
/// when a larger one comes, the old sum is scaled down. Two threads' pairs are joined in the same way.
/// *Why*: the row is read twice in place of three times, and one reduction with one barrier replaces two with three.
/// Predicted: up to half more speed on rows that the caches do not hold.
/// *Limits*: each exponential is computed for the sum and again for the output.
/// *Next*: none; attention takes the idea further, and never stores the row.
///
/// The method is due to M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018.
#include <cfloat>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

// Rows from here on get a block each: 32 steps of a warp.
constexpr std::int64_t long_row = 1024;

// [softmax_cuda_online]
/// The sum of exponentials relative to the largest exponent.
struct Sum {
    float largest = -FLT_MAX;  // finite: minus infinity less itself would be NaN
    float sum = 0;

    /// Take in one more logit.
    __device__ __forceinline__ void add(float x) {
        if (x > largest) {
            sum = sum * expf(largest - x) + 1;
            largest = x;
        } else {
            sum += expf(x - largest);
        }
    }

    /// Take in another thread's; in either order the same bits.
    __device__ __forceinline__ void join(float other_largest, float other_sum) {
        const float common = fmaxf(largest, other_largest);
        sum = sum * expf(largest - common) + other_sum * expf(other_largest - common);
        largest = common;
    }
};

/// @tparam threads how many share a row: a warp, or the block
template <int threads>
__global__ void online_kernel(Softmax p) {
    const std::int64_t i = global_thread() / threads;
    const int thread = int(threadIdx.x) % threads;
    if (i >= p.rows) return;  // a whole warp, or a whole block, together
    const float* x = p.x + i * p.columns;
    float* y = p.y + i * p.columns;

    Sum row;
    for (std::int64_t j = thread; j < p.columns; j += threads) row.add(x[j]);
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        row.join(__shfl_xor_sync(full_warp, row.largest, distance), __shfl_xor_sync(full_warp, row.sum, distance));
    if constexpr (threads > 32) {
        // Let the warps exchange theirs through shared memory, and everybody join all in the same order.
        __shared__ float largest[threads / 32], sum[threads / 32];
        if (thread % 32 == 0) {
            largest[thread / 32] = row.largest;
            sum[thread / 32] = row.sum;
        }
        __syncthreads();
        row = {largest[0], sum[0]};
        for (int w = 1; w < threads / 32; ++w) row.join(largest[w], sum[w]);
    }
    for (std::int64_t j = thread; j < p.columns; j += threads) y[j] = expf(x[j] - row.largest) / row.sum;
}
// [softmax_cuda_online]

}  // namespace

void online(const Softmax& p, Scratch&) {
    if (p.rows == 0) return;
    if (p.columns < long_row)
        cuda::launch<online_kernel<32>>(blocks_for(p.rows * 32), block_threads, 0, p);
    else
        cuda::launch<online_kernel<block_threads>>(unsigned(p.rows), block_threads, 0, p);
}

}  // namespace kbk::gpu
