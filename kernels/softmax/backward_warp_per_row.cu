/// @file
/// softmax_backward/cuda/warp_per_row: the 32 lanes of a warp share a row.
///
/// *Change*: lane l takes columns l, l + 32, ...; the dot product is joined by shuffles.
/// *Why*: as in the forward direction: whole sectors, more threads, no barrier. Predicted: many times faster than naive,
/// and near the memory's speed on rows of some hundreds.
/// *Limits*: short rows leave lanes idle, very long ones keep one warp long.
/// *Next*: none.
#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"
#include "kernels/softmax/rungs.hpp"

namespace kbk::gpu {

namespace {

// [softmax_backward_cuda_warp_per_row]
__global__ void backward_warp_per_row_kernel(SoftmaxBackward p) {
    const std::int64_t i = global_thread() / warpSize;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float *y = p.y + i * p.columns, *dy = p.dy + i * p.columns;
    float dot = 0;
    for (std::int64_t k = lane; k < p.columns; k += warpSize) dot += y[k] * dy[k];
    dot = warp_sum(dot);
    float* dx = p.dx + i * p.columns;
    for (std::int64_t j = lane; j < p.columns; j += warpSize) dx[j] = y[j] * (dy[j] - dot);
}
// [softmax_backward_cuda_warp_per_row]

}  // namespace

void warp_per_row(const SoftmaxBackward& p, Scratch&) {
    if (p.rows > 0) cuda::launch<backward_warp_per_row_kernel>(blocks_for(p.rows * 32), block_threads, 0, p);
}

}  // namespace kbk::gpu
