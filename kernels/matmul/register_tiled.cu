/// @file
/// matmul/cuda/register_tiled: 8 x 8 sums a thread.
///
/// *Change*: a thread computes a square of C; the block's tile grows to 128 x 128, on 256 threads.
/// *Why*: for each step of k a thread reads 8 + 8 numbers and does 64 multiply-adds: one read for four, where
/// column_tiled has nine for eight. The tile is fetched half as often. Predicted: the step that counts, several times
/// the speed; 64 sums and 16 operands live in registers, so about 100 of them, and two blocks a multiprocessor.
/// *Limits*: one product without transposes, no epilogue. The threads of a warp read B with a stride of eight floats:
/// sixteen addresses in four banks, four wavefronts for one; their two rows of A meet in one bank as well.
/// *Next*: vectorized, which has no bank conflicts.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

constexpr int tile_m = 128, tile_n = 128, tile_k = 8;  // of a block
constexpr int rows = 8, columns = 8;                   // of a thread
constexpr int threads = tile_m * tile_n / (rows * columns);

// [matmul_cuda_register_tiled]
__global__ void __launch_bounds__(threads) register_tiled_kernel(Matmul p, std::int64_t a_row, std::int64_t b_row,
                                                                 std::int64_t c_row) {
    __shared__ float tile_a[tile_m][tile_k], tile_b[tile_k][tile_n];
    const int thread = int(threadIdx.x);
    const std::int64_t i0 = std::int64_t(blockIdx.y) * tile_m, j0 = std::int64_t(blockIdx.x) * tile_n;
    const int row = thread / (tile_n / columns) * rows, column = thread % (tile_n / columns) * columns;

    float sums[rows][columns] = {};
    for (std::int64_t l = 0; l < p.k; l += tile_k) {
        // Fetch four elements of each tile, so that neighbouring threads fetch neighbours.
        for (int r = thread / tile_k; r < tile_m; r += threads / tile_k) {
            const int s = thread % tile_k;
            tile_a[r][s] = i0 + r < p.m && l + s < p.k ? p.a[(i0 + r) * a_row + l + s] : 0;
        }
        for (int s = thread / tile_n; s < tile_k; s += threads / tile_n) {
            const int c = thread % tile_n;
            tile_b[s][c] = l + s < p.k && j0 + c < p.n ? p.b[(l + s) * b_row + j0 + c] : 0;
        }
        __syncthreads();

        for (int s = 0; s < tile_k; ++s) {
            float a[rows], b[columns];
#pragma unroll
            for (int r = 0; r < rows; ++r) a[r] = tile_a[row + r][s];
#pragma unroll
            for (int c = 0; c < columns; ++c) b[c] = tile_b[s][column + c];
#pragma unroll
            for (int r = 0; r < rows; ++r)
#pragma unroll
                for (int c = 0; c < columns; ++c) sums[r][c] += a[r] * b[c];
        }
        __syncthreads();
    }

    // Store the sums that lie within C: `below` rows and `right` columns from the thread's first on.
    const int below = int(p.m - i0 < tile_m ? p.m - i0 : tile_m) - row;
    const int right = int(p.n - j0 < tile_n ? p.n - j0 : tile_n) - column;
    float* to = p.c + (i0 + row) * c_row + j0 + column;
#pragma unroll
    for (int r = 0; r < rows; ++r, to += c_row)
#pragma unroll
        for (int c = 0; c < columns; ++c)
            if (r < below && c < right) to[c] = p.beta == 0 ? sums[r][c] : p.beta * to[c] + sums[r][c];
}
// [matmul_cuda_register_tiled]

}  // namespace

void register_tiled(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const dim3 grid(unsigned(divide_up(p.n, tile_n)), unsigned(divide_up(p.m, tile_m)));
    cuda::launch<register_tiled_kernel>(grid, threads, 0, p, p.stride_a(), p.stride_b(), p.stride_c());
}

}  // namespace kbk::gpu
