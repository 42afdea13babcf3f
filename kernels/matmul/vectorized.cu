/// @file
/// matmul/cuda/vectorized: four floats at a time, and no bank conflicts.
///
/// *Change*: global and shared memory are read as float4; the tile of A is stored transposed, with four floats of
/// padding in each row; a thread's 8 x 8 sums are four squares of 4 x 4, half a tile apart.
/// *Why*: four numbers that one thread needs now lie side by side, in both tiles: 4 reads a step in place of 16.
/// Eight threads side by side read 128 consecutive bytes, which touch every bank once, so each read takes its four
/// wavefronts and no more. The padding spreads the transposed writes: bank 16 (t mod 2) + t / 2 + constant, all
/// different. Predicted: a quarter of the instructions for memory, and about half the wavefronts.
/// *Limits*: one product without transposes, no epilogue. Operands whose rows are not multiples of 16 bytes are
/// fetched float by float.
/// *Next*: warp_tiled.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/fetch.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile_m = 128, tile_n = 128, tile_k = 8;  // of a block
constexpr int threads = 256;                           // 16 x 16, with 8 x 8 sums each
constexpr int padding = 4;                             // floats: rows stay multiples of 16 bytes

// [matmul_cuda_vectorized]
__global__ void __launch_bounds__(threads) vectorized_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row,
                                                             std::int64_t c_row, bool fours) {
    alignas(16) __shared__ float tile_a[tile_k][tile_m + padding], tile_b[tile_k][tile_n];
    const int thread = int(threadIdx.x), row = thread / 16 * 4, column = thread % 16 * 4;
    const std::int64_t i0 = std::int64_t(blockIdx.y) * tile_m, j0 = std::int64_t(blockIdx.x) * tile_n;

    // Each thread fetches four floats of both operands.
    const int row_a = thread / 2, column_a = thread % 2 * 4, row_b = thread / 32, column_b = thread % 32 * 4;
    const float* from_a = p.a + (i0 + row_a) * a_row + column_a;
    const float* from_b = p.b + row_b * b_row + j0 + column_b;

    float sums[8][8] = {};
    for (std::int64_t l = 0; l < p.k; l += tile_k) {
        const float4 a = fetch(from_a + l, i0 + row_a < p.m ? p.k - l - column_a : 0, fours);
        tile_a[column_a][row_a] = a.x;
        tile_a[column_a + 1][row_a] = a.y;
        tile_a[column_a + 2][row_a] = a.z;
        tile_a[column_a + 3][row_a] = a.w;
        *reinterpret_cast<float4*>(&tile_b[row_b][column_b]) =
            fetch(from_b + l * b_row, l + row_b < p.k ? p.n - j0 - column_b : 0, fours);
        __syncthreads();

#pragma unroll
        for (int s = 0; s < tile_k; ++s) {
            const auto a0 = load<4>(&tile_a[s][row]), a1 = load<4>(&tile_a[s][row + tile_m / 2]);
            const auto b0 = load<4>(&tile_b[s][column]), b1 = load<4>(&tile_b[s][column + tile_n / 2]);
#pragma unroll
            for (int r = 0; r < 4; ++r)
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    sums[r][c] += a0.value[r] * b0.value[c];
                    sums[r][c + 4] += a0.value[r] * b1.value[c];
                    sums[r + 4][c] += a1.value[r] * b0.value[c];
                    sums[r + 4][c + 4] += a1.value[r] * b1.value[c];
                }
        }
        __syncthreads();
    }

    // Store each row of a square at once where it lies within C.
#pragma unroll
    for (int r = 0; r < 8; ++r)
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            const std::int64_t i = i0 + row + r % 4 + r / 4 * (tile_m / 2), j = j0 + column + c / 4 * (tile_n / 2);
            if (i >= p.m) continue;
            float* to = p.c + i * c_row + j;
            if (fours && p.beta == 0 && j + 4 <= p.n)
                store<4>(to, {{sums[r][c], sums[r][c + 1], sums[r][c + 2], sums[r][c + 3]}});
            else
#pragma unroll
                for (int e = 0; e < 4; ++e)
                    if (j + e < p.n) to[e] = p.beta == 0 ? sums[r][c + e] : p.beta * to[e] + sums[r][c + e];
        }
}
// [matmul_cuda_vectorized]

}  // namespace

void vectorized(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const bool fours =
        aligned({p.a, p.b, p.c}) && p.stride_a() % 4 == 0 && p.stride_b() % 4 == 0 && p.stride_c() % 4 == 0;
    const dim3 grid(unsigned(divide_up(p.n, tile_n)), unsigned(divide_up(p.m, tile_m)));
    cuda::launch<vectorized_kernel>(grid, threads, 0, p, p.stride_a(), p.stride_b(), p.stride_c(), fours);
}

}  // namespace kbk::gpu
