#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "chapters/03_backprop_by_hand/exercises/neuron.hpp"

using namespace kbk::exercise;

TEST_CASE("at z = 0 the slope is 1") {
    // w x + b = 0.5 * 2 - 1 = 0, so tanh is 0, and the error is -y.
    const auto g = neuron_gradient(0.5, -1, 2, 0.25);
    CHECK(g.w == doctest::Approx(-0.5));
    CHECK(g.b == doctest::Approx(-0.25));
    CHECK(g.x == doctest::Approx(-0.125));
}

TEST_CASE("it agrees with central differences") {
    const auto loss = [](const std::array<double, 3>& p, double y) {
        return std::pow(std::tanh(p[0] * p[2] + p[1]) - y, 2) / 2;
    };
    for (const double y : {-1.0, 0.3, 2.0}) {
        const std::array<double, 3> p = {0.7, -0.4, 1.3};
        const auto g = neuron_gradient(p[0], p[1], p[2], y);
        const std::array<double, 3> found = {g.w, g.b, g.x};
        for (int i = 0; i < 3; ++i) {
            auto up = p, down = p;
            up[i] += 1e-5;
            down[i] -= 1e-5;
            CAPTURE(i);
            CHECK(found[i] == doctest::Approx((loss(up, y) - loss(down, y)) / 2e-5).epsilon(1e-7));
        }
    }
}

TEST_CASE("far out on the curve nothing is learned") {
    CHECK(std::fabs(neuron_gradient(10, 0, 5, 0).w) < 1e-30);
}
