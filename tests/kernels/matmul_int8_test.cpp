/// @file
/// Tests of the product in int8: every rung, quantisation and its error, and what is refused.
#include <cmath>

#include "tests/kernels/matmul_int8_cases.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

TEST_CASE("every rung, around tiles, vectors and tasks") {
    std::vector<Case<MatmulInt8>> cases;
    for (const std::int64_t m : {0, 1, 2, 3, 4, 7})
        for (const std::int64_t n : {0, 1, 3, 5, 8})
            for (const std::int64_t k : {0, 1, 15, 16, 17, 31, 63, 64, 65, 130}) cases.push_back(int8_case(m, n, k));
    for (const auto& [m, n, k] : {std::array{97, 49, 65}, {96, 48, 64}, {1, 200, 300}, {200, 1, 31}})
        cases.push_back(int8_case(m, n, k));
    check_rungs(matmul_int8(), cases);
    check_thread_counts(matmul_int8(), {int8_case(200, 150, 70)});
}

TEST_CASE("the largest sums fit") {
    // All products of one sign, as large as they can be: instructions that add in 16 bits, or saturate, fail here.
    const std::int64_t k = 133144;
    for (const int sign : {1, -1}) {
        const std::vector<std::int8_t> a(std::size_t(2 * k), 127), b(std::size_t(3 * k), std::int8_t(127 * sign));
        check_rungs(matmul_int8(), {int8_case(2, 3, k, a, b)});
    }
}

TEST_CASE("a product worked by hand") {
    // (1 2 3; 4 5 6) times the columns (7 9 -11) and (8 10 12): (-8 64; 7 154), by scales (0.5, 2) and (1, 0.25).
    Case<MatmulInt8> test("2 x 2 x 3", MatmulInt8{nullptr, nullptr, nullptr, nullptr, nullptr, 2, 2, 3});
    test.input(&MatmulInt8::a, std::vector<std::int8_t>{1, 2, 3, 4, 5, 6})
        .input(&MatmulInt8::b, std::vector<std::int8_t>{7, 9, -11, 8, 10, 12})
        .input(&MatmulInt8::scale_a, std::vector<float>{0.5f, 2}).input(&MatmulInt8::scale_b, std::vector<float>{1, 0.25f})
        .output(&MatmulInt8::c, std::vector<float>(4, poison())).expect({-4, 8, 14, 77});
    check_rungs(matmul_int8(), {test});
}

TEST_CASE("quantisation by hand, and its bound") {
    const std::vector<float> x{1.27f, -0.5f, 0.013f, 0, 0, 0, -254, 127, 3};
    std::vector<std::int8_t> q(9);
    std::vector<float> scale(3);
    quantize_rows(x.data(), q.data(), scale.data(), 3, 3);
    CHECK(q == std::vector<std::int8_t>{127, -50, 1, 0, 0, 0, -127, 64, 2});
    require_close(scale, std::vector<float>{0.01f, 0, 2}, 1e-8);

    // A quantised value is off by half a step, so a product of rows by the sum of (|a| t + |b| s) / 2 + s t / 4.
    const std::int64_t m = 9, n = 11, k = 300;
    const auto a = reals(m * k, "a"), b = reals(n * k, "b");
    std::vector<std::int8_t> qa(a.size()), qb(b.size());
    std::vector<float> sa(m), sb(n), c(std::size_t(m * n));
    quantize_rows(a.data(), qa.data(), sa.data(), m, k);
    quantize_rows(b.data(), qb.data(), sb.data(), n, k);
    Scratch scratch;
    matmul_int8().run({qa.data(), qb.data(), sa.data(), sb.data(), c.data(), m, n, k}, scratch);
    double largest = 0;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            const double s = sa[std::size_t(i)], t = sb[std::size_t(j)];
            double exact = 0, bound = 1e-5;
            for (std::int64_t l = 0; l < k; ++l) {
                const double left = a[std::size_t(i * k + l)], right = b[std::size_t(j * k + l)];
                exact += left * right, bound += (std::abs(left) * t + std::abs(right) * s) / 2 + s * t / 4;
            }
            const double error = std::abs(c[std::size_t(i * n + j)] - exact);
            CHECK(error <= bound);
            largest = std::max(largest, error);
        }
    CHECK(largest > 1e-4);  // something was rounded at all
}

TEST_CASE("cost, and what validate refuses") {
    const auto sizes = [](std::int64_t m, std::int64_t k) { return MatmulInt8{nullptr, nullptr, nullptr, nullptr, nullptr, m, 3, k}; };
    CHECK(cost(sizes(2, 5)).flops == 60);
    CHECK(cost(sizes(2, 5)).bytes == 10 + 15 + 4 * (6 + 2 + 3));
    CHECK(message_of([&] { validate(sizes(-1, 5)); }) == "matmul_int8: sizes must not be negative: m = -1, n = 3, k = 5");
    CHECK(message_of([&] { validate(sizes(2, 133145)); }) ==
          "matmul_int8: k = 133145, but sums of more than 133144 products may not fit 32 bits; split the product");
    CHECK(message_of([&] { validate(sizes(2, 5)); }) ==
          "matmul_int8: A, B, a scale or C is a null pointer for m = 2, n = 3, k = 5");
}

}  // namespace kbk::test
