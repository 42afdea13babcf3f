/// @file
/// Cases of matrix multiplication, for the tests of its ladder and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/matmul/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @return a plain product of these sizes, without pointers
inline Matmul product(std::int64_t m, std::int64_t n, std::int64_t k) {
    Matmul p{};
    p.m = m, p.n = n, p.k = k;
    return p;
}

/// The numbers that a case multiplies.
enum class Numbers {
    small_integers,  ///< compared for equality
    real             ///< compared with a tolerance
};

/// @param p sizes and flags
/// @return what tells the case from others, in words
inline std::string describe(const Matmul& p) {
    std::string text = fmt::format("m={} n={} k={}", p.m, p.n, p.k);
    if (p.transpose_a) text += " transpose_a";
    if (p.transpose_b) text += " transpose_b";
    if (p.lda || p.ldb || p.ldc) text += fmt::format(" lda={} ldb={} ldc={}", p.lda, p.ldb, p.ldc);
    if (p.batch.count() != 1) text += fmt::format(" batch={}x{}", p.batch.outer, p.batch.inner);
    if (p.beta != 0) text += fmt::format(" beta={}", p.beta);
    if (p.epilogue.bias) text += " bias";
    if (p.epilogue.activation == Activation::relu) text += " relu";
    return text;
}

/// Make a case: fill A, B, the bias and, where beta counts it, the old C. Gaps between rows and between the products of
/// a batch hold poison, which must not enter a result and, in C, not be touched.
/// @param p       sizes and flags, without pointers; a bias is asked for by `with_bias`
/// @param numbers what to multiply
/// @param with_bias whether to add a bias
/// @return the case, with the tolerance 8 u (|a_i| |b_j| + |beta c_ij| + |bias_j|), norms of row and column
inline Case<Matmul> matmul_case(Matmul p, Numbers numbers, bool with_bias = false) {
    const auto make = [&](std::int64_t count, std::string_view name) {
        return numbers == Numbers::real ? reals(count, name) : integers(count, name);
    };

    // Lay out each matrix of the batch: how far the last product begins, and how much one takes with its gaps.
    struct Layout {
        std::int64_t rows, columns, stride, outer, inner;
        std::int64_t extent(const Batch& b) const {
            if (rows == 0 || columns == 0 || b.count() == 0) return 0;
            return (b.outer - 1) * outer + (b.inner - 1) * inner + (rows - 1) * stride + columns;
        }
    };
    const Layout a{p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.stride_a(), p.batch.outer_a, p.batch.inner_a};
    const Layout b{p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.stride_b(), p.batch.outer_b, p.batch.inner_b};
    const Layout c{p.m, p.n, p.stride_c(), p.batch.outer_c, p.batch.inner_c};

    // Put values where elements lie, and poison between them.
    const auto lay_out = [&](const Layout& layout, std::string_view name, bool filled) {
        std::vector<float> out(static_cast<std::size_t>(layout.extent(p.batch)), poison());
        if (!filled) return out;
        const auto values = make(std::ssize(out), name);
        for (std::int64_t o = 0; o < p.batch.outer; ++o)
            for (std::int64_t i = 0; i < p.batch.inner; ++i)
                for (std::int64_t r = 0; r < layout.rows; ++r)
                    for (std::int64_t s = 0; s < layout.columns; ++s) {
                        const std::int64_t at = o * layout.outer + i * layout.inner + r * layout.stride + s;
                        out[at] = values[at];
                    }
        return out;
    };
    const auto values_a = lay_out(a, "a", true), values_b = lay_out(b, "b", true), old_c = lay_out(c, "c", p.beta != 0);
    const auto bias = make(p.n, "bias");

    // Bound each element's error by the norms of its row and column.
    std::vector<double> scale;
    if (numbers == Numbers::real) {
        scale.assign(old_c.size(), 0);
        for (std::int64_t item = 0; item < p.batch.count(); ++item) {
            Matmul q = p;
            q.a = values_a.data(), q.b = values_b.data(), q.c = nullptr;
            const std::int64_t outer = item / p.batch.inner, inner = item % p.batch.inner;
            const std::int64_t base_c = outer * p.batch.outer_c + inner * p.batch.inner_c;
            q.a += outer * p.batch.outer_a + inner * p.batch.inner_a;
            q.b += outer * p.batch.outer_b + inner * p.batch.inner_b;
            std::vector<double> row(p.m), column(p.n);
            for (std::int64_t l = 0; l < p.k; ++l) {
                for (std::int64_t i = 0; i < p.m; ++i) {
                    const double x = p.transpose_a ? q.a[l * a.stride + i] : q.a[i * a.stride + l];
                    row[i] += x * x;
                }
                for (std::int64_t j = 0; j < p.n; ++j) {
                    const double x = p.transpose_b ? q.b[j * b.stride + l] : q.b[l * b.stride + j];
                    column[j] += x * x;
                }
            }
            for (std::int64_t i = 0; i < p.m; ++i)
                for (std::int64_t j = 0; j < p.n; ++j) {
                    const std::int64_t at = base_c + i * c.stride + j;
                    scale[at] = 8 * (std::sqrt(row[i] * column[j]) + (p.beta != 0 ? std::abs(p.beta * old_c[at]) : 0) +
                                     (with_bias ? std::abs(bias[j]) : 0));
                }
        }
    }

    // An empty matrix may have a null pointer, but a bias tells the problem that it has one.
    if (with_bias) p.epilogue.bias = bias.data();
    Case<Matmul> test(describe(p) + (numbers == Numbers::real ? ", reals" : ", integers"), p);
    test.input(&Matmul::a, values_a).input(&Matmul::b, values_b).output(&Matmul::c, old_c, scale);
    if (with_bias) test.input([](Matmul& q, const float* x) { q.epilogue.bias = x; }, bias);
    return test;
}

}  // namespace kbk::test
