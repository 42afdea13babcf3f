#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "chapters/02_losses/exercises/log_sum_exp.hpp"

using namespace kbk::exercise;

namespace {

LogSumExp of(const std::vector<double>& values) {
    LogSumExp result;
    for (const double x : values) result.add(x);
    return result;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("small numbers, where the formula itself is right") {
    CHECK(of({0}).value() == doctest::Approx(0));
    CHECK(of({2, 1, 0}).value() == doctest::Approx(std::log(std::exp(2.0) + std::exp(1.0) + 1)));
    CHECK(of({0, 1, 2}).value() == doctest::Approx(of({2, 1, 0}).value()));
}

TEST_CASE("large and small numbers, in any order") {
    CHECK(of({1000, 999}).value() == doctest::Approx(1000.3132617));
    CHECK(of({999, 1000}).value() == doctest::Approx(1000.3132617));
    CHECK(of({-1000, -1001}).value() == doctest::Approx(-999.6867383));
    CHECK(of({-5000, 5000, -5000}).value() == doctest::Approx(5000));
}

TEST_CASE("what is impossible adds nothing") {
    CHECK(of({-infinity, 3, -infinity}).value() == doctest::Approx(3));
    CHECK(of({}).value() == -infinity);
    CHECK(of({-infinity, -infinity}).value() == -infinity);
}

TEST_CASE("two halves can be joined") {
    LogSumExp a = of({1, 700, 3}), b = of({702, 2});
    a.join(b);
    CHECK(a.value() == doctest::Approx(702 + std::log1p(std::exp(-2.0))));
    b.join(LogSumExp());
    CHECK(b.value() == doctest::Approx(702));
    LogSumExp c;
    c.join(of({5}));
    CHECK(c.value() == doctest::Approx(5));
}
