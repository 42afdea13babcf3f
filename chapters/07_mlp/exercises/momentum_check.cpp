#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "chapters/07_mlp/exercises/momentum.hpp"

using namespace kbk::exercise;

TEST_CASE("three steps by hand: gradient 1, rate 0.1, momentum 0.5") {
    std::array<double, 1> w = {2}, v = {0};
    const std::array<double, 1> g = {1};
    momentum_step(w, g, v, 0.1, 0.5);
    CHECK(v[0] == doctest::Approx(1));
    CHECK(w[0] == doctest::Approx(1.9));
    momentum_step(w, g, v, 0.1, 0.5);
    CHECK(v[0] == doctest::Approx(1.5));
    CHECK(w[0] == doctest::Approx(1.75));
    momentum_step(w, g, v, 0.1, 0.5);
    CHECK(v[0] == doctest::Approx(1.75));
    CHECK(w[0] == doctest::Approx(1.575));
}

TEST_CASE("under a constant gradient the step grows to rate / (1 - momentum)") {
    std::array<double, 2> w = {0, 5}, v = {0, 0};
    const std::array<double, 2> g = {1, -2};
    for (int i = 0; i < 200; ++i) momentum_step(w, g, v, 0.01, 0.9);
    const auto before = w;
    momentum_step(w, g, v, 0.01, 0.9);
    CHECK(before[0] - w[0] == doctest::Approx(0.1));
    CHECK(before[1] - w[1] == doctest::Approx(-0.2));
}

TEST_CASE("without momentum it is plain gradient descent") {
    std::array<double, 1> w = {3}, v = {7};
    const std::array<double, 1> g = {4};
    momentum_step(w, g, v, 0.25, 0);
    CHECK(w[0] == doctest::Approx(2));
}
