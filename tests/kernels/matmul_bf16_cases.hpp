/// @file
/// Cases of the product in bfloat16, for the tests of its ladder and for its benchmark.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "kernels/matmul_bf16/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param x numbers
/// @return the same, rounded to bfloat16
inline std::vector<bfloat16> rounded(const std::vector<float>& x) {
    std::vector<bfloat16> y(x.size());
    to_bfloat16(x.data(), y.data(), std::ssize(x));
    return y;
}

/// @param m    rows of A
/// @param n    rows of B
/// @param k    length of a row
/// @param real whether to multiply real numbers; else small integers, exactly
/// @return a case. Products are exact in float32, so an element's error is that of a sum: 8 u |a_i| |b_j|, norms of
///         the rows
inline Case<MatmulBf16> bf16_case(std::int64_t m, std::int64_t n, std::int64_t k, bool real) {
    const auto a = rounded(real ? reals(m * k, "a") : integers(m * k, "a"));
    const auto b = rounded(real ? reals(n * k, "b") : integers(n * k, "b"));
    const auto norms = [k](const std::vector<bfloat16>& x, std::int64_t rows) {
        std::vector<double> out(std::size_t(rows), 0.0);
        for (std::int64_t i = 0; i < rows * k; ++i) out[std::size_t(i / k)] += std::pow(double(float(x[std::size_t(i)])), 2);
        return out;
    };
    std::vector<double> scale;
    if (real)
        for (const double row : norms(a, m))
            for (const double column : norms(b, n)) scale.push_back(8 * std::sqrt(row * column));
    Case<MatmulBf16> test(fmt::format("m={} n={} k={}{}", m, n, k, real ? ", reals" : ", integers"),
                          MatmulBf16{nullptr, nullptr, nullptr, m, n, k});
    return test.input(&MatmulBf16::a, a).input(&MatmulBf16::b, b)
        .output(&MatmulBf16::c, std::vector<float>(std::size_t(m * n), poison()), scale);
}

}  // namespace kbk::test
