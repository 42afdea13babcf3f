/// @file
/// softmax/cuda/warp_per_row: the 32 lanes of a warp share a row.
///
/// *Change*: lane l takes columns l, l + 32, ...; maximum and sum of the lanes are joined by shuffles.
/// *Why*: neighbouring lanes read neighbouring columns, so each sector that is fetched is used whole, and 32 times as
/// many threads are at work. Shuffles need neither shared memory nor a barrier. Predicted: many times faster than naive.
/// *Limits*: a row of ten columns leaves 22 lanes idle; a row of 50,000 keeps one warp long.
/// *Next*: block_per_row.
#include <limits>

#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_cuda_warp_per_row]
__global__ void warp_per_row_kernel(Softmax p) {
    const std::int64_t i = global_thread() / warpSize;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float* x = p.x + i * p.columns;
    float* y = p.y + i * p.columns;

    float largest = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::int64_t j = lane; j < p.columns; j += warpSize) largest = fmaxf(largest, x[j]);
    largest = warp_max(largest);
    for (std::int64_t j = lane; j < p.columns; j += warpSize) sum += expf(x[j] - largest);
    sum = warp_sum(sum);
    for (std::int64_t j = lane; j < p.columns; j += warpSize) y[j] = expf(x[j] - largest) / sum;
}
// [softmax_cuda_warp_per_row]

}  // namespace

void warp_per_row(const Softmax& p, Scratch&) {
    if (p.rows > 0) cuda::launch<warp_per_row_kernel>(blocks_for(p.rows * 32), block_threads, 0, p);
}

}  // namespace kbk::gpu
