/// @file
/// matmul/cuda/shared: tiles of A and B that a block keeps in shared memory.
///
/// *Change*: a block computes 32 x 32 elements of C; its threads fetch a 32 x 32 tile of A and one of B together, and
/// all of them use both before the next pair is fetched.
/// *Why*: each element that comes from global memory is used 32 times. Predicted: the sectors fall to about a
/// thirtieth; shared memory takes their place, with two reads for each multiply-add: the row of B is one wavefront,
/// the element of A a broadcast.
/// *Limits*: one product without transposes, no epilogue; reading shared memory is now what everybody waits for.
/// *Next*: column_tiled, which keeps what it read in registers.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile = 32;  // a warp across, and 1024 threads, the most of a block

// [matmul_cuda_shared]
__global__ void shared_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row, std::int64_t c_row) {
    __shared__ float tile_a[tile][tile], tile_b[tile][tile];
    const int x = int(threadIdx.x), y = int(threadIdx.y);
    const std::int64_t i = std::int64_t(blockIdx.y) * tile + y, j = std::int64_t(blockIdx.x) * tile + x;

    float sum = 0;
    for (std::int64_t l = 0; l < p.k; l += tile) {
        // Fetch one element of each tile; beyond the edges zeros, which add nothing.
        tile_a[y][x] = i < p.m && l + x < p.k ? p.a[i * a_row + l + x] : 0;
        tile_b[y][x] = l + y < p.k && j < p.n ? p.b[(l + y) * b_row + j] : 0;
        __syncthreads();

        for (int s = 0; s < tile; ++s) sum += tile_a[y][s] * tile_b[s][x];
        __syncthreads();  // before the next tiles overwrite these
    }
    if (i >= p.m || j >= p.n) return;
    float& c = p.c[i * c_row + j];
    c = p.beta == 0 ? sum : p.beta * c + sum;
}
// [matmul_cuda_shared]

}  // namespace

void shared(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const dim3 grid(unsigned(divide_up(p.n, tile)), unsigned(divide_up(p.m, tile)));
    cuda::launch<shared_kernel>(grid, dim3(tile, tile), 0, p, p.stride_a(), p.stride_b(), p.stride_c());
}

}  // namespace kbk::gpu
