#include <doctest/doctest.h>

#include "chapters/04_gradient_descent_vs_adam/exercises/trapezium.hpp"

using namespace kbk;

TEST_CASE("up in three steps, four at the peak, down in three") {
    const Schedule rate = exercise::trapezium(0.8, 3, 4, 3);
    const double expected[] = {0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.6, 0.4, 0.2, 0, 0};
    for (int step = 0; step < 12; ++step) {
        CAPTURE(step);
        CHECK(rate(step) == doctest::Approx(expected[step]));
    }
}

TEST_CASE("without a climb it begins at the peak") {
    const Schedule rate = exercise::trapezium(2, 0, 1, 1);
    CHECK(rate(0) == doctest::Approx(2));
    CHECK(rate(1) == doctest::Approx(1));
    CHECK(rate(2) == 0);
}

TEST_CASE("asked twice it answers the same, in any order") {
    const Schedule rate = exercise::trapezium(1, 10, 10, 10);
    const double late = rate(25);
    CHECK(rate(3) == doctest::Approx(4.0 / 11));
    CHECK(rate(25) == late);
    CHECK(late == doctest::Approx(5.0 / 11));
}
