/// @file
/// One row times a matrix. Each element of B is used once, so nothing repays a copy of it: the work is to
/// read B along its rows, at the speed of memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/matmul/matmul.hpp"
#include "kernels/matmul/microkernel.hpp"

namespace kbk::cpu {

/// c = beta c + a B for a few columns of a B as stored: the sum of its rows, four at a time.
/// @param p       a product with m = 1, without transposes
/// @param begin   first column
/// @param end     one past the last
inline void row_times_rows(const Matmul& p, std::int64_t begin, std::int64_t end) {
    float* c = p.c + begin;
    const std::int64_t n = end - begin;
    for (std::int64_t j = 0; j < n; ++j) c[j] = p.beta == 0 ? 0.0f : p.beta * c[j];

    std::int64_t l = 0;
    for (; l + 4 <= p.k; l += 4) {
        const float *a = p.a + l, *b0 = p.b + l * p.stride_b() + begin, *b1 = b0 + p.stride_b(),
                    *b2 = b1 + p.stride_b(), *b3 = b2 + p.stride_b();
        const Vector a0(a[0]), a1(a[1]), a2(a[2]), a3(a[3]);
        std::int64_t j = 0;
        for (; j + lanes <= n; j += lanes) {
            const auto at = [j](const float* b) { return Vector::load_unaligned(b + j); };
            const Vector first = xsimd::fma(a0, at(b0), a1 * at(b1)),
                         second = xsimd::fma(a2, at(b2), a3 * at(b3));
            (at(c) + (first + second)).store_unaligned(c + j);
        }
        for (; j < n; ++j) c[j] += (a[0] * b0[j] + a[1] * b1[j]) + (a[2] * b2[j] + a[3] * b3[j]);
    }
    for (; l < p.k; ++l)
        for (std::int64_t j = 0; j < n; ++j) c[j] += p.a[l] * p.b[l * p.stride_b() + begin + j];
}

/// The same for a transposed B: each element of c is the dot product of a and a stored row of B.
/// @param p       a product with m = 1 and transpose_b
/// @param begin   first column
/// @param end     one past the last
inline void row_times_columns(const Matmul& p, std::int64_t begin, std::int64_t end) {
    constexpr int rows = 4;
    for (std::int64_t j = begin; j < end; j += rows) {
        const float* b[rows];
        for (int r = 0; r < rows; ++r) b[r] = p.b + std::min(j + r, end - 1) * p.stride_b();

        Vector sums[rows] = {Vector(0.0f), Vector(0.0f), Vector(0.0f), Vector(0.0f)};
        std::int64_t l = 0;
        for (; l + lanes <= p.k; l += lanes) {
            const Vector a = Vector::load_unaligned(p.a + l);
#pragma GCC unroll 4
            for (int r = 0; r < rows; ++r) sums[r] = xsimd::fma(a, Vector::load_unaligned(b[r] + l), sums[r]);
        }
        for (int r = 0; r < rows && j + r < end; ++r) {
            float parts[lanes], sum = 0;
            sums[r].store_unaligned(parts);
            for (const float part : parts) sum += part;
            for (std::int64_t s = l; s < p.k; ++s) sum += p.a[s] * b[r][s];
            float& c = p.c[j + r];
            c = p.beta == 0 ? sum : sum + p.beta * c;
        }
    }
}

}  // namespace kbk::cpu
