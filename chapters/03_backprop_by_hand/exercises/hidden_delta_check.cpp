#include <doctest/doctest.h>

#include "chapters/03_backprop_by_hand/exercises/hidden_delta.hpp"

using namespace kbk::exercise;

TEST_CASE("D3's network: one output") {
    const auto errors = hidden_delta({{7, 8, 9}}, {-0.1}, {9, 12, 15});
    REQUIRE(errors.size() == 3);
    CHECK(errors[0] == doctest::Approx(-0.7));
    CHECK(errors[1] == doctest::Approx(-0.8));
    CHECK(errors[2] == doctest::Approx(-0.9));
}

TEST_CASE("two outputs: both paths count") {
    const auto errors = hidden_delta({{1, 2, 3}, {10, 20, 30}}, {0.5, -0.25}, {1, 1, 1});
    REQUIRE(errors.size() == 3);
    CHECK(errors[0] == doctest::Approx(0.5 - 2.5));
    CHECK(errors[1] == doctest::Approx(1 - 5));
    CHECK(errors[2] == doctest::Approx(1.5 - 7.5));
}

TEST_CASE("a unit that was off gets nothing") {
    const auto errors = hidden_delta({{4, 5}}, {2}, {-0.1, 0.1});
    REQUIRE(errors.size() == 2);
    CHECK(errors[0] == 0);
    CHECK(errors[1] == doctest::Approx(10));
}
