/// @file
/// matmul/cuda/naive: one thread for each element of C.
///
/// *Change*: none, this is the first rung: two of the three loops became threads.
/// *Why*: it is the formula. Threads with neighbouring threadIdx.x take neighbouring rows, as i comes before j.
/// Predicted: slow. The 32 threads of a warp read 32 rows of A at the same column: 32 sectors a request, of which an
/// eighth is used, and they write C in the same way; only the element of B is one for all.
/// *Limits*: one product, no epilogue.
/// *Next*: coalesced, which exchanges two indices.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

// [matmul_cuda_naive]
__global__ void naive_kernel(Matmul p, std::int64_t a_row, std::int64_t a_column, std::int64_t b_row,
                             std::int64_t b_column, std::int64_t c_row) {
    const std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::int64_t j = std::int64_t(blockIdx.y) * blockDim.y + threadIdx.y;
    if (i >= p.m || j >= p.n) return;
    float sum = 0;
    for (std::int64_t l = 0; l < p.k; ++l) sum += p.a[i * a_row + l * a_column] * p.b[l * b_row + j * b_column];
    float& c = p.c[i * c_row + j];
    c = p.beta == 0 ? sum : p.beta * c + sum;
}
// [matmul_cuda_naive]

}  // namespace

void naive(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    // Strides of one step along a row and down a column, so that a transposed operand is read in place.
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;
    const std::int64_t b_row = p.transpose_b ? 1 : p.stride_b(), b_column = p.transpose_b ? p.stride_b() : 1;
    const dim3 block(32, 8), grid(unsigned(divide_up(p.m, 32)), unsigned(divide_up(p.n, 8)));
    cuda::launch<naive_kernel>(grid, block, 0, p, a_row, a_column, b_row, b_column, p.stride_c());
}

}  // namespace kbk::gpu
