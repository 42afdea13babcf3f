#include <doctest/doctest.h>

#include <cmath>

#include "chapters/03_backprop_by_hand/exercises/differences.hpp"

using namespace kbk::exercise;

TEST_CASE("a function with a known gradient") {
    const auto f = [](const std::vector<double>& x) { return std::sin(x[0]) * x[1] + std::exp(x[2]) * x[0]; };
    const auto g = differences(f, {0.5, -2, 0.25});
    REQUIRE(g.size() == 3);
    CHECK(g[0] == doctest::Approx(-2 * std::cos(0.5) + std::exp(0.25)).epsilon(1e-8));
    CHECK(g[1] == doctest::Approx(std::sin(0.5)).epsilon(1e-8));
    CHECK(g[2] == doctest::Approx(0.5 * std::exp(0.25)).epsilon(1e-8));
}

TEST_CASE("one-sided differences are not enough") {
    const auto f = [](const std::vector<double>& x) { return std::exp(3 * x[0]); };
    CHECK(differences(f, {1}).at(0) == doctest::Approx(3 * std::exp(3)).epsilon(1e-8));
}

TEST_CASE("large numbers need large steps") {
    const auto f = [](const std::vector<double>& x) { return x[0] * std::sqrt(x[0]) + x[1]; };
    const auto g = differences(f, {1e8, 3});
    REQUIRE(g.size() == 2);
    CHECK(g[0] == doctest::Approx(1.5e4).epsilon(1e-7));
}
