/// @file
/// matmul/cpu/reordered: the same three loops in another order, i-l-j.
///
/// *Change*: the innermost loop runs along a row of B and a row of C instead of down a column of B.
/// *Why*: neighbours in memory are used one after the other, so that each cache line is read once and used
/// whole, and the compiler turns the loop into vector instructions: the additions of one row do not wait for
/// each other. Predicted: ten times the naive rung and more, until B no longer fits the cache. *Limits*: one
/// product, no epilogue; B as stored (its transpose would bring the stride back). *Next*: blocked, which
/// keeps a part of B in the cache for many rows of A.
#include <algorithm>

#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

// [matmul_reordered]
void reordered(const Matmul& p, Scratch&) {
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;

    for (std::int64_t i = 0; i < p.m; ++i) {
        // Begin the row of C with beta times its old values, without reading them when beta is zero.
        float* c = p.c + i * p.stride_c();
        for (std::int64_t j = 0; j < p.n; ++j) c[j] = p.beta == 0 ? 0.0f : p.beta * c[j];

        // Add the rows of B, each scaled by one element of A.
        for (std::int64_t l = 0; l < p.k; ++l) {
            const float a = p.a[i * a_row + l * a_column];
            const float* b = p.b + l * p.stride_b();
            for (std::int64_t j = 0; j < p.n; ++j) c[j] += a * b[j];
        }
    }
}
// [matmul_reordered]

}  // namespace kbk::cpu
