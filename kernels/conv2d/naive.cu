/// @file
/// conv2d/cuda/naive, with both gradients: one thread a result.
///
/// *Change*: none, this is the first rung here. The loops over the results are gone: each thread sums one output pixel,
/// one pixel's gradient or one weight's gradient.
/// *Why*: it is the formula. Threads side by side take neighbouring pixels of one channel, which is coalesced, and the
/// same weight, which is a broadcast. Predicted: two reads, and the arithmetic that finds them, for each multiply-add.
/// *Limits*: each number is read again for every use. The gradient by the weights has few threads with long sums.
/// *Next*: shared.
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/sums.cuh"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

// [conv2d_cuda_naive]
template <class Sum>
__global__ void naive_kernel(Sum p) {
    const std::int64_t thread = global_thread();
    const int n = int(thread % p.n), m = int(thread / p.n % p.m), group = int(thread / p.n / p.m);
    if (group >= p.s.groups) return;
    const auto column = p.column(n);
    float sum = 0;
    for (int k = 0; k < p.k; ++k) sum += p.a(group, m, k) * p.b(group, k, column);
    p.store(group, m, n, sum);
}
// [conv2d_cuda_naive]

template <class Sum>
void run_naive(const Sum& p) {
    const std::int64_t results = std::int64_t(p.s.groups) * p.m * p.n;
    if (results > 0) cuda::launch<naive_kernel<Sum>>(blocks_for(results), block_threads, 0, p);
}

// [conv2d_cuda_sum_channels]
// A block sums one channel: each thread every 256th pixel, then the warps' lanes, then the warps, always in
// that order.
__global__ void sum_channels_kernel(const float* dy, float* dbias, float beta, int batch, int channels,
                                    int pixels) {
    __shared__ float of_warp[block_threads / 32];
    const int channel = int(blockIdx.x), thread = int(threadIdx.x);
    float sum = 0;
    for (int image = 0; image < batch; ++image)
        for (int pixel = thread; pixel < pixels; pixel += block_threads)
            sum += dy[(std::int64_t(image) * channels + channel) * pixels + pixel];
    sum = warp_sum(sum);
    if (thread % 32 == 0) of_warp[thread / 32] = sum;
    __syncthreads();
    if (thread != 0) return;
    for (int warp = 1; warp < block_threads / 32; ++warp) sum += of_warp[warp];
    dbias[channel] = beta == 0 ? sum : beta * dbias[channel] + sum;
}
// [conv2d_cuda_sum_channels]

}  // namespace

void sum_channels(const Conv2dWeightGradient& p) {
    if (!p.dbias) return;
    const Conv2dShape& s = p.shape;
    cuda::launch<sum_channels_kernel>(unsigned(s.out_channels), block_threads, 0, p.dy, p.dbias, p.beta_bias,
                                      int(s.batch), int(s.out_channels), int(s.output().count()));
}

void naive(const Conv2dForward& p, Scratch&) {
    run_naive(sums_of(p));
}
void naive(const Conv2dInputGradient& p, Scratch&) {
    run_naive(sums_of(p));
}
void naive(const Conv2dWeightGradient& p, Scratch&) {
    run_naive(sums_of(p));
    sum_channels(p);
}

}  // namespace kbk::gpu
