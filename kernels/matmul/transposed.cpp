/// @file
/// matmul/cpu/transposed: dot products of rows with rows, on a transposed copy of B.
///
/// *Change*: B is transposed once, so that its columns become rows; the three loops stay. *Why*: down a column
/// of B each number lies in another cache line, and from a few hundred columns on in another page. Along a row
/// sixteen neighbours share a line, and the processor foresees the next one. Predicted: the price of a stride
/// is gone, and the chain of additions remains: one multiply-add in four cycles, whatever the size. *Limits*:
/// one product, no epilogue; the copy needs as much memory as B.
/// *Next*: reordered, which also reads rows only, without a copy and without the chain.
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

// [matmul_transposed]
void transposed(const Matmul& p, Scratch& scratch) {
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;

    // Turn columns of B into rows, unless they are stored as such.
    const Scratch::Frame frame(scratch);
    const float* columns = p.b;  // (n, k)
    std::int64_t stride = p.stride_b();
    if (!p.transpose_b) {
        float* copy = scratch.take<float>(p.n * p.k);
        for (std::int64_t l = 0; l < p.k; ++l)
            for (std::int64_t j = 0; j < p.n; ++j) copy[j * p.k + l] = p.b[l * p.stride_b() + j];
        columns = copy, stride = p.k;
    }

    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            const float *a = p.a + i * a_row, *b = columns + j * stride;
            float sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += a[l * a_column] * b[l];
            float& c = p.c[i * p.stride_c() + j];
            c = p.beta == 0 ? sum : p.beta * c + sum;
        }
}
// [matmul_transposed]

}  // namespace kbk::cpu
