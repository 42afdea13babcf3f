/// @file
/// Tests of the product in bfloat16: every rung, the rounding of its inputs, and what it refuses.
#include <cmath>

#include "tests/kernels/matmul_bf16_cases.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

TEST_CASE("every rung, around tiles, vectors and tasks") {
    std::vector<Case<MatmulBf16>> cases;
    for (const std::int64_t m : {0, 1, 2, 3, 4, 7})
        for (const std::int64_t n : {0, 1, 3, 5, 8})
            for (const std::int64_t k : {0, 1, 2, 15, 16, 17, 31, 32, 33, 70}) cases.push_back(bf16_case(m, n, k, false));
    for (const auto& [m, n, k] : {std::array{97, 49, 65}, {96, 48, 64}, {1, 200, 300}, {200, 1, 31}, {5, 7, 2000}})
        for (const bool real : {false, true}) cases.push_back(bf16_case(m, n, k, real));
    check_rungs(matmul_bf16(), cases);
    check_thread_counts(matmul_bf16(), {bf16_case(200, 150, 70, true)});
}

TEST_CASE("a product worked by hand") {
    // (1 2 3; 4 5 6) times the columns (7 9 -11) and (8 10 12), which lie as rows.
    Case<MatmulBf16> test("2 x 2 x 3", MatmulBf16{nullptr, nullptr, nullptr, 2, 2, 3});
    test.input(&MatmulBf16::a, rounded({1, 2, 3, 4, 5, 6})).input(&MatmulBf16::b, rounded({7, 9, -11, 8, 10, 12}))
        .output(&MatmulBf16::c, std::vector<float>(4, poison())).expect({-8, 64, 7, 154});
    check_rungs(matmul_bf16(), {test});
}

TEST_CASE("rounding the inputs costs at most the stated bound") {
    // Each input is off by u = 2^-8 of itself, so a product by 2u + u^2, and the sum by that share of sum |a b|.
    const std::int64_t m = 9, n = 11, k = 500;
    const auto a = reals(m * k, "a"), b = reals(n * k, "b");
    const auto rounded_a = rounded(a), rounded_b = rounded(b);
    std::vector<float> c(std::size_t(m * n));
    Scratch scratch;
    matmul_bf16().run({rounded_a.data(), rounded_b.data(), c.data(), m, n, k}, scratch);
    constexpr double u = 0x1p-8, bound = 2 * u + u * u + 1e-6;
    double largest = 0;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            double exact = 0, magnitude = 0;
            for (std::int64_t l = 0; l < k; ++l) {
                const double product = double(a[std::size_t(i * k + l)]) * b[std::size_t(j * k + l)];
                exact += product, magnitude += std::abs(product);
            }
            const double error = std::abs(c[std::size_t(i * n + j)] - exact) / magnitude;
            CHECK(error <= bound);
            largest = std::max(largest, error);
        }
    CHECK(largest > 1e-5);  // the inputs were rounded at all
}

TEST_CASE("cost, and what validate refuses") {
    CHECK(cost(MatmulBf16{nullptr, nullptr, nullptr, 2, 3, 5}).flops == 60);
    CHECK(cost(MatmulBf16{nullptr, nullptr, nullptr, 2, 3, 5}).bytes == 2 * (10 + 15) + 4 * 6);
    CHECK(message_of([] { validate(MatmulBf16{nullptr, nullptr, nullptr, -1, 3, 5}); }) ==
          "matmul_bf16: sizes must not be negative: m = -1, n = 3, k = 5");
    CHECK(message_of([] { validate(MatmulBf16{nullptr, nullptr, nullptr, 2, 3, 5}); }) ==
          "matmul_bf16: A, B or C is a null pointer for m = 2, n = 3, k = 5");
}

}  // namespace kbk::test
