/// @file
/// The traps of docs/pitfalls.md, and the ways around them: what the page shows is cut from here.
#include <doctest/doctest.h>

#include <type_traits>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xrandom.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

namespace {

using Vector = xt::xtensor<float, 1>;
using Matrix = xt::xtensor<float, 2>;

// [dangling_wrong]
// Compiles without a warning, and what it returns reads memory that is gone: `e` dies here.
[[maybe_unused]] auto lazy_softmax(const Matrix& x) {
    const Matrix e = xt::exp(x);
    return e / xt::sum(e, {1}, xt::keep_dims);
}
// [dangling_wrong]

// [dangling_right]
Matrix softmax(const Matrix& x) {
    const Matrix largest = xt::amax(x, {1}, xt::keep_dims);
    const Matrix e = xt::exp(x - largest);
    const Matrix total = xt::sum(e, {1}, xt::keep_dims);
    return e / total;
}
// [dangling_right]

}  // namespace

TEST_CASE("an expression is computed when it is read, not where it is written") {
    // [lazy]
    Vector x = {1, 2, 3};
    auto twice = 2.0f * x;         // a recipe
    const Vector kept = 2.0f * x;  // numbers
    x(0) = 10;
    CHECK(twice(0) == 20.0f);
    CHECK(kept(0) == 2.0f);
    // [lazy]
}

TEST_CASE("a function returns numbers, and so does each reduction on the way") {
    const Matrix p = softmax({{1, 1}, {0, 100}});
    CHECK(p(0, 0) == doctest::Approx(0.5));
    CHECK(p(1, 1) == doctest::Approx(1.0));
}

TEST_CASE("a double in a formula makes a formula of doubles") {
    // [types]
    const Vector x = {1, 2, 3};
    static_assert(std::is_same_v<decltype(2.0 * x)::value_type, double>);
    static_assert(std::is_same_v<decltype(2.0f * x)::value_type, float>);
    static_assert(std::is_same_v<decltype(xt::mean(x))::value_type, double>);
    static_assert(std::is_same_v<decltype(xt::sum(x))::value_type, float>);
    // [types]
}

TEST_CASE("braces in parentheses are values, not sizes") {
    // [shape]
    const xt::xarray<float> values({2, 3});         // two numbers
    const Matrix sized = xt::zeros<float>({2, 3});  // two rows of three zeros
    const auto unset = Matrix::from_shape({2, 3});  // two rows of three numbers: whatever was there
    CHECK(values.dimension() == 1);
    CHECK(sized.size() == 6);
    CHECK(unset.size() == 6);
    // [shape]
}

TEST_CASE("a random expression is drawn anew at each look") {
    // [random]
    auto noise = xt::random::rand<float>({1});
    const float first = noise(0), second = noise(0);
    CHECK(first != second);

    const Vector drawn = xt::random::rand<float>({1});
    CHECK(drawn(0) == drawn(0));
    // [random]
}

TEST_CASE("dot takes what lies in memory as BLAS wants it") {
    const Matrix a = {{1, 2, 3}, {4, 5, 6}}, b = {{1, 0}, {0, 1}};
    // [dot]
    const auto columns = xt::view(a, xt::all(), xt::range(1, 3));
    CHECK_THROWS(xt::linalg::dot(columns, b));
    const Matrix copied = columns;
    CHECK(xt::linalg::dot(copied, b)(1, 0) == 5.0f);

    const xt::xtensor<float, 3> batch = xt::ones<float>({4, 2, 2});
    CHECK(xt::linalg::dot(batch, batch).dimension() == 4);  // every matrix with every other, as NumPy's dot
    // [dot]
}

TEST_CASE("noalias saves the copy that protects an assignment") {
    // [noalias]
    Matrix c = {{1, 2}, {3, 4}};
    const Vector bias = {10, 20};
    xt::noalias(c) += bias;
    CHECK(c(1, 1) == 24.0f);
    // [noalias]
}
