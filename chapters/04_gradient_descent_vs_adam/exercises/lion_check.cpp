#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "chapters/04_gradient_descent_vs_adam/exercises/lion.hpp"

using namespace kbk::exercise;

TEST_CASE("two steps by hand") {
    // m = 2, g = -1: c = 0.5 * 2 - 0.5 * 1 = 0.5, sign 1, w = 4 - 0.1 (1 + 0.5 * 4) = 3.7; m = 0.75 * 2 -
    // 0.25 = 1.25.
    std::array<double, 1> w = {4}, m = {2};
    const std::array<double, 1> g = {-1};
    lion_step(w, g, m, 0.1, 0.5, 0.75, 0.5);
    CHECK(w[0] == doctest::Approx(3.7));
    CHECK(m[0] == doctest::Approx(1.25));
    // c = 0.125, sign 1, w = 3.7 - 0.1 (1 + 1.85) = 3.415; m = 0.6875.
    lion_step(w, g, m, 0.1, 0.5, 0.75, 0.5);
    CHECK(w[0] == doctest::Approx(3.415));
    CHECK(m[0] == doctest::Approx(0.6875));
}

TEST_CASE("every step has the same length, and zero stays") {
    std::array<double, 3> w = {0, 0, 1}, m = {};
    const std::array<double, 3> g = {1e-9, -1e9, 0};
    for (int t = 0; t < 10; ++t) lion_step(w, g, m, 0.01, 0.9, 0.99, 0);
    CHECK(w[0] == doctest::Approx(-0.1));
    CHECK(w[1] == doctest::Approx(0.1));
    CHECK(w[2] == 1);
}

TEST_CASE("it comes down a parabola to within a step of its minimum") {
    std::array<double, 1> w = {2}, m = {0};
    for (int t = 0; t < 400; ++t) {
        const std::array<double, 1> g = {2 * (w[0] - 1)};
        lion_step(w, g, m, 0.01, 0.9, 0.99, 0);
    }
    CHECK(w[0] != 2);
    CHECK(std::fabs(w[0] - 1) < 0.3);
}
