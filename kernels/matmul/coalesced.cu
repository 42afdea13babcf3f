/// @file
/// matmul/cuda/coalesced: neighbouring threads take neighbouring columns.
///
/// *Change*: threadIdx.x counts columns of C, threadIdx.y rows; nothing else.
/// *Why*: a warp now reads 32 consecutive elements of a row of B, four sectors, all used; the element of A is one for
/// all its threads, one sector; C is written along its row. Predicted: 5 sectors in place of 33 for each step of a
/// warp, and several times the speed.
/// *Limits*: one product, no epilogue; a transposed B brings the stride back.
/// *Next*: shared: still each element of A and B is fetched again for every column and row of C.
#include "kernels/elementwise.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

// [matmul_cuda_coalesced]
__global__ void coalesced_kernel(Matmul p, std::int64_t a_row, std::int64_t a_column, std::int64_t b_row,
                                 std::int64_t b_column, std::int64_t c_row) {
    const std::int64_t j = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::int64_t i = std::int64_t(blockIdx.y) * blockDim.y + threadIdx.y;
    if (i >= p.m || j >= p.n) return;
    float sum = 0;
    for (std::int64_t l = 0; l < p.k; ++l) sum += p.a[i * a_row + l * a_column] * p.b[l * b_row + j * b_column];
    float& c = p.c[i * c_row + j];
    c = p.beta == 0 ? sum : p.beta * c + sum;
}
// [matmul_cuda_coalesced]

}  // namespace

void coalesced(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;
    const std::int64_t b_row = p.transpose_b ? 1 : p.stride_b(), b_column = p.transpose_b ? p.stride_b() : 1;
    const dim3 block(32, 8), grid(unsigned(divide_up(p.n, 32)), unsigned(divide_up(p.m, 8)));
    cuda::launch<coalesced_kernel>(grid, block, 0, p, a_row, a_column, b_row, b_column, p.stride_c());
}

}  // namespace kbk::gpu
