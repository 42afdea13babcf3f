/// @file
/// matmul/cpu/naive: the three loops that the definition suggests.
///
/// *Change*: none, this is the first rung: one dot product for each element of C.
/// *Why*: it is the formula. Predicted: far below the machine's peak, since each multiplication waits for the
/// addition before it (one chain, four cycles a step) and the column of B is read with a stride of n.
/// *Limits*: one product, no epilogue.
/// *Next*: reordered, which walks B along its rows.
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

// [matmul_naive]
void naive(const Matmul& p, Scratch&) {
    // Strides of one step along a row and down a column, so that a transposed operand is read in place.
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;
    const std::int64_t b_row = p.transpose_b ? 1 : p.stride_b(), b_column = p.transpose_b ? p.stride_b() : 1;

    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            float sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += p.a[i * a_row + l * a_column] * p.b[l * b_row + j * b_column];
            float& c = p.c[i * p.stride_c() + j];
            c = p.beta == 0 ? sum : p.beta * c + sum;
        }
}
// [matmul_naive]

}  // namespace kbk::cpu
