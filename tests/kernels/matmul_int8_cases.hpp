/// @file
/// Cases of the product in int8, for the tests of its ladder and for its benchmark.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "kernels/matmul_int8/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param count how many
/// @param name  a name for the numbers: other names give other numbers
/// @return integers in [-127, 127]
inline std::vector<std::int8_t> bytes(std::int64_t count, std::string_view name) {
    std::vector<std::int8_t> out;
    for (const float x : integers(count, name, 127)) out.push_back(std::int8_t(x));
    return out;
}

/// @param m rows of A
/// @param n rows of B
/// @param k length of a row
/// @param a (m, k)
/// @param b (n, k)
/// @return a case. The sum is exact; it becomes a float, the scales are multiplied, and then both: three roundings,
///         for which 4 u |c| is allowed
inline Case<MatmulInt8> int8_case(std::int64_t m, std::int64_t n, std::int64_t k, const std::vector<std::int8_t>& a,
                           const std::vector<std::int8_t>& b) {
    const auto scale_a = reals(m, "scale a"), scale_b = reals(n, "scale b");
    std::vector<float> c(std::size_t(m * n), poison());
    std::vector<float> exact(c.size());
    reference(MatmulInt8{a.data(), b.data(), scale_a.data(), scale_b.data(), exact.data(), m, n, k});
    std::vector<double> tolerance;
    for (const float x : exact) tolerance.push_back(4 * std::abs(double(x)));
    Case<MatmulInt8> test(fmt::format("m={} n={} k={}", m, n, k), MatmulInt8{nullptr, nullptr, nullptr, nullptr, nullptr, m, n, k});
    return test.input(&MatmulInt8::a, a).input(&MatmulInt8::b, b).input(&MatmulInt8::scale_a, scale_a)
        .input(&MatmulInt8::scale_b, scale_b).output(&MatmulInt8::c, c, tolerance);
}

/// @param m rows of A
/// @param n rows of B
/// @param k length of a row
/// @return a case of numbers from the whole range
inline Case<MatmulInt8> int8_case(std::int64_t m, std::int64_t n, std::int64_t k) {
    return int8_case(m, n, k, bytes(m * k, "a"), bytes(n * k, "b"));
}

}  // namespace kbk::test
