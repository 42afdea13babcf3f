/// @file
/// matmul/cuda/column_tiled: eight sums a thread, one below the other.
///
/// *Change*: a thread computes eight elements of a column of C; the block's tile grows to 64 x 64, on half the threads.
/// *Why*: an element of B that was read from shared memory serves eight multiply-adds from its register. Predicted:
/// nine reads of shared memory for eight multiply-adds in place of sixteen; the larger tile halves the sectors again.
/// *Limits*: one product without transposes, no epilogue; A is still read once for each multiply-add.
/// *Next*: register_tiled, which does the same for A.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile_m = 64, tile_n = 64;  // of C, for a block
constexpr int tile_k = 8;                // so that each of 512 threads fetches one element of each operand
constexpr int rows = 8;                  // of a thread
constexpr int threads = tile_m * tile_n / rows;
static_assert(tile_m * tile_k == threads && tile_k * tile_n == threads);

// [matmul_cuda_column_tiled]
__global__ void column_tiled_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row, std::int64_t c_row) {
    __shared__ float tile_a[tile_m][tile_k], tile_b[tile_k][tile_n];
    const int thread = int(threadIdx.x);
    const std::int64_t i0 = std::int64_t(blockIdx.y) * tile_m, j0 = std::int64_t(blockIdx.x) * tile_n;
    const int row = thread / tile_n * rows, column = thread % tile_n;    // of this thread's sums
    const int row_a = thread / tile_k, column_a = thread % tile_k;      // of what it fetches
    const int row_b = thread / tile_n, column_b = thread % tile_n;

    float sums[rows] = {};
    for (std::int64_t l = 0; l < p.k; l += tile_k) {
        tile_a[row_a][column_a] =
            i0 + row_a < p.m && l + column_a < p.k ? p.a[(i0 + row_a) * a_row + l + column_a] : 0;
        tile_b[row_b][column_b] =
            l + row_b < p.k && j0 + column_b < p.n ? p.b[(l + row_b) * b_row + j0 + column_b] : 0;
        __syncthreads();

        for (int s = 0; s < tile_k; ++s) {
            const float b = tile_b[s][column];
#pragma unroll
            for (int r = 0; r < rows; ++r) sums[r] += tile_a[row + r][s] * b;
        }
        __syncthreads();
    }

    const std::int64_t j = j0 + column;
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        const std::int64_t i = i0 + row + r;
        if (i >= p.m || j >= p.n) continue;
        float& c = p.c[i * c_row + j];
        c = p.beta == 0 ? sums[r] : p.beta * c + sums[r];
    }
}
// [matmul_cuda_column_tiled]

}  // namespace

void column_tiled(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const dim3 grid(unsigned(divide_up(p.n, tile_n)), unsigned(divide_up(p.m, tile_m)));
    cuda::launch<column_tiled_kernel>(grid, threads, 0, p, p.stride_a(), p.stride_b(), p.stride_c());
}

}  // namespace kbk::gpu
