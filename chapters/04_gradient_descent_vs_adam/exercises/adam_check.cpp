#include <doctest/doctest.h>

#include <array>

#include "chapters/04_gradient_descent_vs_adam/exercises/adam.hpp"

using namespace kbk::exercise;

TEST_CASE("on D3's parabola: 1.9, 1.800412, 1.701586") {
    std::array<double, 1> theta = {2}, m = {0}, v = {0};
    const double expected[] = {1.9, 1.800412, 1.701586};
    for (int t = 1; t <= 3; ++t) {
        const std::array<double, 1> g = {2 * (theta[0] - 1)};
        CAPTURE(t);
        adam_step(theta, g, m, v, t, 0.1, 0.9, 0.999, 1e-8);
        CHECK(theta[0] == doctest::Approx(expected[t - 1]).epsilon(1e-6));
    }
}

TEST_CASE("under a constant gradient each step is one rate long, whatever the gradient's size") {
    std::array<double, 3> w = {0, 0, 0}, m = {}, v = {};
    const std::array<double, 3> g = {1e-3, -5, 1e6};
    for (int t = 1; t <= 50; ++t) adam_step(w, g, m, v, t, 0.01, 0.9, 0.999, 1e-12);
    CHECK(w[0] == doctest::Approx(-0.5));
    CHECK(w[1] == doctest::Approx(0.5));
    CHECK(w[2] == doctest::Approx(-0.5));
}

TEST_CASE("epsilon stands beside the root, not below it") {
    // Both corrected means are those of the gradient: 1e-8 / (1e-8 + 1e-8) of the rate.
    std::array<double, 1> w = {0}, m = {0}, v = {0};
    const std::array<double, 1> g = {1e-8};
    adam_step(w, g, m, v, 1, 1, 0.9, 0.999, 1e-8);
    CHECK(w[0] == doctest::Approx(-0.5));
}

TEST_CASE("a gradient of zero moves nothing, and divides nothing by zero") {
    std::array<double, 1> w = {3}, m = {0}, v = {0};
    const std::array<double, 1> g = {0};
    adam_step(w, g, m, v, 1, 0.1, 0.9, 0.999, 1e-8);
    CHECK(w[0] == 3);
    // The means must have been kept: one gradient later they know of it.
    const std::array<double, 1> one = {1};
    adam_step(w, one, m, v, 2, 0.1, 0.9, 0.999, 1e-8);
    CHECK(m[0] == doctest::Approx(0.1));
    CHECK(v[0] == doctest::Approx(0.001));
}
