#include <limits>

#include "tests/kernels/bias_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

struct Size {
    std::int64_t rows, columns;
};

// Around vectors, blocks of 64 columns, tasks of 32 Ki elements; long, wide and empty.
const Size sizes[] = {{0, 3},     {3, 0},     {1, 1},     {1, 17},    {17, 1},   {5, 7},     {63, 65},
                      {64, 64},   {65, 63},   {100, 10},  {128, 512}, {512, 65}, {1000, 33}, {257, 129},
                      {1, 40000}, {40000, 1}, {2, 32768}, {3, 32769}, {40000, 3}};

}  // namespace

TEST_CASE("every rung adds the bias to each row") {
    std::vector<Case<Bias>> cases;
    for (const auto& [rows, columns] : sizes) {
        cases.push_back(bias_case(rows, columns, integers(rows * columns, "y"), integers(columns, "bias")));
        cases.push_back(bias_case(rows, columns, reals(rows * columns, "y"), reals(columns, "bias")));
    }
    check_rungs(bias(), cases);
}

TEST_CASE("every rung sums integers exactly") {
    std::vector<Case<BiasGradient>> cases;
    for (const auto& [rows, columns] : sizes)
        for (const float beta : {0.0f, 1.0f, 0.5f}) {
            // With beta = 0 the old gradient must not even be read.
            const auto old =
                beta == 0 ? std::vector<float>(std::size_t(columns), poison()) : integers(columns, "old");
            cases.push_back(
                bias_gradient_case(rows, columns, integers(rows * columns, "dy"), old, beta, true));
        }
    check_rungs(bias_gradient(), cases);
}

TEST_CASE("every rung sums reals closely") {
    std::vector<Case<BiasGradient>> cases;
    for (const auto& [rows, columns] : sizes)
        for (const float beta : {0.0f, 1.0f, 0.5f}) {
            // A running sum in float strays further than the tolerance over tens of thousands of rows.
            if (rows > 2000) continue;
            const auto old =
                beta == 0 ? std::vector<float>(std::size_t(columns), poison()) : reals(columns, "old");
            cases.push_back(bias_gradient_case(rows, columns, reals(rows * columns, "dy"), old, beta, false));
        }
    check_rungs(bias_gradient(), cases);
}

TEST_CASE("cases worked by hand") {
    check_rungs(bias(), {bias_case(2, 3, {1, 2, 3, 4, 5, 6}, {10, 20, 30}).expect({11, 22, 33, 14, 25, 36})});
    const std::vector<float> dy = {1, 2, 3, 4, 5, 6}, old = {100, 200, 300};
    check_rungs(bias_gradient(), {bias_gradient_case(2, 3, dy, old, 0, true).expect({5, 7, 9}),
                                  bias_gradient_case(2, 3, dy, old, 1, true).expect({105, 207, 309}),
                                  bias_gradient_case(2, 3, dy, old, 0.5f, true).expect({55, 107, 159}),
                                  bias_gradient_case(0, 3, {}, old, 0.5f, true).expect({50, 100, 150}),
                                  bias_gradient_case(0, 3, {}, {nan, nan, nan}, 0, true).expect({0, 0, 0})});
}

TEST_CASE("a NaN stays in its column") {
    check_rungs(bias(), {bias_case(2, 2, {1, 2, nan, 4}, {1, nan}).expect({2, nan, nan, nan})});
    check_rungs(bias_gradient(),
                {bias_gradient_case(2, 3, {1, nan, 3, 4, 5, 6}, {0, 0, nan}, 1, true).expect({5, nan, nan})});
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<Bias>> additions;
    std::vector<Case<BiasGradient>> sums;
    for (const auto& [rows, columns] : {Size{300, 257}, Size{1000, 130}, Size{4096, 64}, Size{50, 5000}}) {
        additions.push_back(bias_case(rows, columns, reals(rows * columns, "y"), reals(columns, "bias")));
        sums.push_back(
            bias_gradient_case(rows, columns, reals(rows * columns, "dy"), reals(columns, "old"), 1, false));
    }
    check_thread_counts(bias(), additions);
    check_thread_counts(bias_gradient(), sums);
}

TEST_CASE("the gradient is the slope of a sum over the rows") {
    // L = sum c_ij (y_ij + b_j) is linear in b, so dL/db_j is the sum of c over column j.
    const std::int64_t rows = 7, columns = 5;
    const auto c = reals(rows * columns, "c"), y = reals(rows * columns, "y");
    const auto loss = [&](std::vector<double> b) {
        std::vector<double> sum(y.begin(), y.end());
        reference(BasicBias<double>{sum.data(), b.data(), rows, columns});
        double total = 0;
        for (std::size_t i = 0; i < sum.size(); ++i) total += c[i] * sum[i];
        return total;
    };
    std::vector<float> gradient(std::size_t(columns), poison());
    Scratch scratch;
    bias_gradient().run({c.data(), gradient.data(), rows, columns}, scratch);
    for (std::size_t j = 0; j < gradient.size(); ++j) {
        std::vector<double> b(std::size_t(columns), 0.25), more = b;
        more[j] += 1;
        CHECK(gradient[j] == doctest::Approx(loss(more) - loss(b)).epsilon(1e-5));
    }
}

TEST_CASE("cost counts each byte once") {
    CHECK(cost(Bias{nullptr, nullptr, 2, 5}).flops == 10);
    CHECK(cost(Bias{nullptr, nullptr, 2, 5}).bytes == 4 * (10 + 5 + 10));
    CHECK(cost(BiasGradient{nullptr, nullptr, 2, 5, 0}).bytes == 4 * (10 + 5));
    CHECK(cost(BiasGradient{nullptr, nullptr, 2, 5, 1}).bytes == 4 * (10 + 5 + 5));
}

TEST_CASE("validate names the value and its limit") {
    float x[6] = {};
    Scratch scratch;
    CHECK_THROWS_WITH_AS(bias().run({x, x, -2, 3}, scratch), "bias: sizes (-2, 3) must not be negative",
                         Error);
    CHECK_THROWS_WITH_AS(bias().run({x, nullptr, 2, 3}, scratch),
                         "bias: a null pointer where (2, 3) elements are expected", Error);
    CHECK_THROWS_WITH_AS(bias_gradient().run({x, x, 2, -3}, scratch),
                         "bias_gradient: sizes (2, -3) must not be negative", Error);
    CHECK_THROWS_WITH_AS(bias_gradient().run({nullptr, x, 2, 3}, scratch),
                         "bias_gradient: a null pointer where (2, 3) elements are expected", Error);

    // No rows still make a gradient, of zeros; no columns make nothing.
    CHECK_THROWS_WITH_AS(bias_gradient().run({nullptr, nullptr, 0, 3}, scratch),
                         "bias_gradient: a null pointer where 3 sums are expected", Error);
    CHECK_NOTHROW(bias_gradient().run({nullptr, x, 0, 3}, scratch));
    CHECK_NOTHROW(bias_gradient().run({nullptr, nullptr, 3, 0}, scratch));
    CHECK_NOTHROW(bias().run({nullptr, nullptr, 0, 3}, scratch));
}

}  // namespace kbk::test
