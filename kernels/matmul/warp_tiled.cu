/// @file
/// matmul/cuda/warp_tiled: each warp has a compact part of the tile.
///
/// *Change*: the block's tile is cut into eight parts of 64 x 32, one for each warp, and grows to 16 steps of k.
/// *Why*: in the rung before, the 32 threads of a warp lie in a strip two threads high: for each step they need 16
/// numbers of A and 128 of B. Eight threads high and four wide, they need 64 and 32, a third less, and numbers that
/// several threads need are read once for all of them. Twice as long tiles halve the barriers. Predicted: some per
/// cent; shared memory is read as often by each thread, but serves fewer different addresses.
/// *Limits*: one product without transposes, no epilogue; all warps still wait for memory together at each tile.
/// *Next*: double_buffered.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/fetch.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile_m = 128, tile_n = 128, tile_k = 16;  // of a block
constexpr int warp_m = 64, warp_n = 32;                 // of a warp: 8 x 4 lanes, with 8 x 8 sums each
constexpr int threads = 256;
constexpr int padding = 4;  // floats: rows stay multiples of 16 bytes

// [matmul_cuda_warp_tiled]
__global__ void __launch_bounds__(threads) warp_tiled_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row,
                                                             std::int64_t c_row, bool fours) {
    alignas(16) __shared__ float tile_a[tile_k][tile_m + padding], tile_b[tile_k][tile_n];
    const int thread = int(threadIdx.x), lane = thread % 32, warp = thread / 32;
    const int row = warp / (tile_n / warp_n) * warp_m + lane / 4 * 4;
    const int column = warp % (tile_n / warp_n) * warp_n + lane % 4 * 4;
    const std::int64_t i0 = std::int64_t(blockIdx.y) * tile_m, j0 = std::int64_t(blockIdx.x) * tile_n;

    float sums[8][8] = {};
    for (std::int64_t l = 0; l < p.k; l += tile_k) {
        // Each thread fetches eight floats of both operands.
#pragma unroll
        for (int s = thread % 2 * 4; s < tile_k; s += 8) {
            const int r = thread / 2;
            const float4 a = fetch(p.a + (i0 + r) * a_row + l + s, i0 + r < p.m ? p.k - l - s : 0, fours);
            tile_a[s][r] = a.x;
            tile_a[s + 1][r] = a.y;
            tile_a[s + 2][r] = a.z;
            tile_a[s + 3][r] = a.w;
        }
#pragma unroll
        for (int s = warp; s < tile_k; s += threads / 32)
            *reinterpret_cast<float4*>(&tile_b[s][lane * 4]) =
                fetch(p.b + (l + s) * b_row + j0 + lane * 4, l + s < p.k ? p.n - j0 - lane * 4 : 0, fours);
        __syncthreads();

#pragma unroll
        for (int s = 0; s < tile_k; ++s) {
            Floats<4> a[2], b[2];
#pragma unroll
            for (int q = 0; q < 2; ++q) a[q] = load<4>(&tile_a[s][row + q * 32]);
#pragma unroll
            for (int q = 0; q < 2; ++q) b[q] = load<4>(&tile_b[s][column + q * 16]);
#pragma unroll
            for (int r = 0; r < 8; ++r)
#pragma unroll
                for (int c = 0; c < 8; ++c) sums[r][c] += a[r / 4].value[r % 4] * b[c / 4].value[c % 4];
        }
        __syncthreads();
    }

    // Store each row of a square at once where it lies within C.
#pragma unroll
    for (int r = 0; r < 8; ++r) {
        const std::int64_t i = i0 + row + r % 4 + r / 4 * 32;
        if (i >= p.m) continue;
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            const std::int64_t j = j0 + column + c / 4 * 16;
            float* to = p.c + i * c_row + j;
            if (fours && p.beta == 0 && j + 4 <= p.n)
                store<4>(to, {{sums[r][c], sums[r][c + 1], sums[r][c + 2], sums[r][c + 3]}});
            else
#pragma unroll
                for (int e = 0; e < 4; ++e)
                    if (j + e < p.n) to[e] = p.beta == 0 ? sums[r][c + e] : p.beta * to[e] + sums[r][c + e];
        }
    }
}
// [matmul_cuda_warp_tiled]

}  // namespace

void warp_tiled(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const bool fours =
        aligned({p.a, p.b, p.c}) && p.stride_a() % 4 == 0 && p.stride_b() % 4 == 0 && p.stride_c() % 4 == 0;
    const dim3 grid(unsigned(divide_up(p.n, tile_n)), unsigned(divide_up(p.m, tile_m)));
    cuda::launch<warp_tiled_kernel>(grid, threads, 0, p, p.stride_a(), p.stride_b(), p.stride_c(), fours);
}

}  // namespace kbk::gpu
