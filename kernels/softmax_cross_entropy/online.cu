/// @file
/// softmax_cross_entropy/cuda/online: maximum and sum in one pass, by a warp or a block as the row's length asks.
///
/// *Change*: while a thread walks its logits it keeps the largest so far and the sum of exponentials relative to it;
/// when a larger one comes, the old sum is scaled down: s <- s e^(m - z) + 1, m <- z. Threads combine their pairs
/// (m, s) by scaling each sum to the largest m of all.
/// *Why*: the logits are read twice in place of three times, once for the losses alone, and one reduction with one
/// barrier replaces two with three. Still one exponential for each logit. Predicted: up to half more speed on rows
/// that the caches do not hold.
/// *Limits*: the gradient computes each exponential again: to keep them would take a row of shared memory.
/// *Next*: none.
///
/// The method is due to M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018.
#include <cfloat>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::gpu {

namespace {

// Rows from here on get a block each: 32 steps of a warp.
constexpr std::int64_t long_row = 1024;

// [softmax_cross_entropy_cuda_online]
/// The sum of exponentials relative to the largest exponent.
struct Normalizer {
    float largest = -FLT_MAX;  // finite: minus infinity less itself would be NaN
    float sum = 0;

    /// Take in one more logit.
    __device__ __forceinline__ void add(float z) {
        if (z > largest) {
            sum = sum * expf(largest - z) + 1;
            largest = z;
        } else {
            sum += expf(z - largest);
        }
    }

    /// Combine the pairs of a warp: all sums relative to the largest of all exponents. All lanes get the same bits.
    __device__ __forceinline__ void combine_warp() {
        const float common = warp_max(largest);
        sum = warp_sum(sum * expf(largest - common));
        largest = common;
    }
};

/// @tparam threads how many share a row: a warp, or the block
template <int threads>
__global__ void online_kernel(SoftmaxCrossEntropy p) {
    const std::int64_t i = global_thread() / threads;
    const int thread = int(threadIdx.x) % threads;
    if (i >= p.rows) return;  // a whole warp, or a whole block, together
    const float* z = p.logits + i * p.classes;
    const std::int32_t target = p.labels[i];
    const float target_logit = z[target];  // read before the gradient may overwrite it

    Normalizer row;
    for (std::int64_t j = thread; j < p.classes; j += threads) row.add(z[j]);
    row.combine_warp();
    if constexpr (threads > 32) {
        // Let each warp combine what all warps found, in the same order.
        __shared__ float largest[threads / 32], sum[threads / 32];
        const int lane = thread % 32;
        if (lane == 0) {
            largest[thread / 32] = row.largest;
            sum[thread / 32] = row.sum;
        }
        __syncthreads();
        row = lane < threads / 32 ? Normalizer{largest[lane], sum[lane]} : Normalizer{};
        row.combine_warp();
    } else {
        __syncwarp();
    }
    if (thread == 0) p.loss[i] = logf(row.sum) - (target_logit - row.largest);

    if (!p.gradient) return;
    float* gradient = p.gradient + i * p.classes;
    for (std::int64_t j = thread; j < p.classes; j += threads)
        gradient[j] = p.scale * (expf(z[j] - row.largest) / row.sum - (j == target ? 1.0f : 0.0f));
}
// [softmax_cross_entropy_cuda_online]

}  // namespace

void online(const SoftmaxCrossEntropy& p, Scratch&) {
    if (p.rows == 0) return;
    if (p.classes < long_row)
        cuda::launch<online_kernel<32>>(blocks_for(p.rows * 32), block_threads, 0, p);
    else
        cuda::launch<online_kernel<block_threads>>(unsigned(p.rows), block_threads, 0, p);
}

}  // namespace kbk::gpu
