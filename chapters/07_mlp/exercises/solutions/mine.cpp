/// @file
/// A solution of exercise 5: the loops reordered, so that the innermost walks along rows of B and C.
#include <algorithm>

#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

void mine(const Matmul& p, Scratch&) {
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;
    const std::int64_t b_row = p.transpose_b ? 1 : p.stride_b(), b_column = p.transpose_b ? p.stride_b() : 1;
    for (std::int64_t i = 0; i < p.m; ++i) {
        float* c = p.c + i * p.stride_c();
        if (p.beta == 0) std::fill_n(c, p.n, 0.0f);
        for (std::int64_t j = 0; j < p.n; ++j) c[j] *= p.beta == 0 ? 1 : p.beta;
        for (std::int64_t l = 0; l < p.k; ++l) {
            const float a = p.a[i * a_row + l * a_column];
            const float* b = p.b + l * b_row;
            if (b_column == 1)
                for (std::int64_t j = 0; j < p.n; ++j) c[j] += a * b[j];
            else
                for (std::int64_t j = 0; j < p.n; ++j) c[j] += a * b[j * b_column];
        }
    }
}

}  // namespace kbk::cpu
