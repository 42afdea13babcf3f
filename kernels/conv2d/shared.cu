/// @file
/// conv2d/cuda/shared: tiles of filters and of windows that a block keeps in shared memory.
///
/// *Change*: a block computes 32 filters at 32 pixels; its threads fetch 32 taps of both together, and all of them use
/// both before the next are fetched.
/// *Why*: each weight and each pixel that comes from global memory is used 32 times, and found 32 times less often.
/// Predicted: the requests fall to about a thirtieth; shared memory takes their place, with two reads for each
/// multiply-add.
/// *Limits*: reading shared memory is now what everybody waits for; with fewer than 32 filters threads stand idle.
/// *Next*: implicit, which keeps what it read in registers.
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/sums.cuh"

namespace kbk::gpu {

namespace {

constexpr int tile = 32;  // a warp across, and 1024 threads, the most of a block

// [conv2d_cuda_shared]
__global__ void shared_kernel(ForwardSum p) {
    __shared__ float tile_a[tile][tile], tile_b[tile][tile];
    const int x = int(threadIdx.x), y = int(threadIdx.y), tiles_n = (p.n + tile - 1) / tile,
              tiles_m = (p.m + tile - 1) / tile;
    const int block = int(blockIdx.x), n = block % tiles_n * tile + x,
              m = block / tiles_n % tiles_m * tile + y, group = block / tiles_n / tiles_m;
    const auto column = p.column(n);

    float sum = 0;
    for (int k = 0; k < p.k; k += tile) {
        // Fetch one element of each tile; beyond the edges zeros, which add nothing.
        tile_a[y][x] = m < p.m && k + x < p.k ? p.a(group, m, k + x) : 0;
        tile_b[y][x] = k + y < p.k && n < p.n ? p.b(group, k + y, column) : 0;
        __syncthreads();

        for (int s = 0; s < tile; ++s) sum += tile_a[y][s] * tile_b[s][x];
        __syncthreads();  // before the next tiles overwrite these
    }
    if (m < p.m && n < p.n) p.store(group, m, n, sum);
}
// [conv2d_cuda_shared]

}  // namespace

void shared(const Conv2dForward& p, Scratch&) {
    if (p.shape.y_size() == 0) return;
    const ForwardSum sums = sums_of(p);
    const std::int64_t blocks = divide_up(sums.n, tile) * divide_up(sums.m, tile) * p.shape.groups;
    cuda::launch<shared_kernel>(unsigned(blocks), dim3(tile, tile), 0, sums);
}

}  // namespace kbk::gpu
