/// @file
/// matmul/cuda/warp_tiled: each warp has a compact part of the tile, each thread twice as many sums.
///
/// *Change*: the block's tile is cut into squares of 64 x 64, one for each of four warps, and a thread computes 8 x 16
/// sums of them in eight squares of 4 x 4.
/// *Why*: shared memory is the limit: of the numbers that a step needs, a thread now reads 24 for 128 multiply-adds in
/// place of 16 for 64, a quarter less for each. A compact part also means fewer different numbers for a warp: 64 + 64
/// for 4096 multiply-adds, where the warp of the rung before takes 16 + 128 for 2048. Predicted: a third more speed
/// where four multiply-add units a cycle wait for one shared memory; registers near 200, so that a multiprocessor
/// holds two blocks of four warps, which must hide latency by independent instructions alone.
/// *Limits*: one product without transposes, no epilogue; warps still wait for memory together at each tile.
/// *Next*: double_buffered.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile_m = 128, tile_n = 128, tile_k = 8;  // of a block
constexpr int warp_m = 64, warp_n = 64;                // of a warp: 8 x 4 lanes, with 8 x 16 sums each
constexpr int threads = 128;
constexpr int padding = 4;  // floats: rows stay multiples of 16 bytes

/// Four floats of a row, with zeros beyond its end.
/// @param left  elements from `from` to the end, negative or 0 beyond
/// @param fours whether float4 may be read
__device__ __forceinline__ float4 fetch(const float* from, std::int64_t left, bool fours) {
    if (fours && left >= 4) return *reinterpret_cast<const float4*>(from);
    return make_float4(left > 0 ? from[0] : 0, left > 1 ? from[1] : 0, left > 2 ? from[2] : 0, left > 3 ? from[3] : 0);
}

// [matmul_cuda_warp_tiled]
__global__ void __launch_bounds__(threads) warp_tiled_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row,
                                                             std::int64_t c_row, bool fours) {
    alignas(16) __shared__ float tile_a[tile_k][tile_m + padding], tile_b[tile_k][tile_n];
    const int thread = int(threadIdx.x), lane = thread % 32, warp = thread / 32;
    const int row = warp / (tile_n / warp_n) * warp_m + lane / 4 * 4;
    const int column = warp % (tile_n / warp_n) * warp_n + lane % 4 * 4;
    const std::int64_t i0 = std::int64_t(blockIdx.y) * tile_m, j0 = std::int64_t(blockIdx.x) * tile_n;

    float sums[8][16] = {};
    for (std::int64_t l = 0; l < p.k; l += tile_k) {
        // Each thread fetches eight floats of both operands.
#pragma unroll
        for (int r = thread / 2; r < tile_m; r += threads / 2) {
            const int s = thread % 2 * 4;
            const float4 a = fetch(p.a + (i0 + r) * a_row + l + s, i0 + r < p.m ? p.k - l - s : 0, fours);
            tile_a[s][r] = a.x;
            tile_a[s + 1][r] = a.y;
            tile_a[s + 2][r] = a.z;
            tile_a[s + 3][r] = a.w;
        }
#pragma unroll
        for (int s = thread / 32; s < tile_k; s += threads / 32)
            *reinterpret_cast<float4*>(&tile_b[s][lane * 4]) =
                fetch(p.b + (l + s) * b_row + j0 + lane * 4, l + s < p.k ? p.n - j0 - lane * 4 : 0, fours);
        __syncthreads();

#pragma unroll
        for (int s = 0; s < tile_k; ++s) {
            Floats<4> a[2], b[4];
#pragma unroll
            for (int q = 0; q < 2; ++q) a[q] = load<4>(&tile_a[s][row + q * 32]);
#pragma unroll
            for (int q = 0; q < 4; ++q) b[q] = load<4>(&tile_b[s][column + q * 16]);
#pragma unroll
            for (int r = 0; r < 8; ++r)
#pragma unroll
                for (int c = 0; c < 16; ++c) sums[r][c] += a[r / 4].value[r % 4] * b[c / 4].value[c % 4];
        }
        __syncthreads();
    }

    // Store each row of a square at once where it lies within C.
#pragma unroll
    for (int r = 0; r < 8; ++r) {
        const std::int64_t i = i0 + row + r % 4 + r / 4 * 32;
        if (i >= p.m) continue;
#pragma unroll
        for (int c = 0; c < 16; c += 4) {
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
    const bool fours = aligned({p.a, p.b, p.c}) && p.stride_a() % 4 == 0 && p.stride_b() % 4 == 0 && p.stride_c() % 4 == 0;
    const dim3 grid(unsigned(divide_up(p.n, tile_n)), unsigned(divide_up(p.m, tile_m)));
    cuda::launch<warp_tiled_kernel>(grid, threads, 0, p, p.stride_a(), p.stride_b(), p.stride_c(), fours);
}

}  // namespace kbk::gpu
