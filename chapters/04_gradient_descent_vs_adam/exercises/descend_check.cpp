#include <doctest/doctest.h>

#include <cmath>

#include "chapters/04_gradient_descent_vs_adam/exercises/descend.hpp"

using namespace kbk::exercise;

namespace {

double parabola(double theta) {
    return 2 * (theta - 1);
}

}  // namespace

TEST_CASE("D3's parabola: theta after k steps is 1 + 0.8^k") {
    const auto three = descend(parabola, 2, 0.1, 0, 3);
    CHECK(three.steps == 3);
    CHECK(three.at == doctest::Approx(1.512));
}

TEST_CASE("it stops where the slope is small") {
    const auto end = descend(parabola, 2, 0.1, 1e-6, 10000);
    CHECK(end.at == doctest::Approx(1).epsilon(1e-6));
    // 2 * 0.8^k is at most 1e-6 from k = 66 on.
    CHECK(end.steps == 66);
}

TEST_CASE("at a minimum it takes no step") {
    CHECK(descend(parabola, 1, 0.1, 0, 50).steps == 0);
}

TEST_CASE("a rate that is too large is stopped by the limit") {
    const auto lost = descend(parabola, 2, 1.5, 1e-3, 20);
    CHECK(lost.steps == 20);
    CHECK(std::fabs(lost.at - 1) == doctest::Approx(std::pow(2, 20)));
}
