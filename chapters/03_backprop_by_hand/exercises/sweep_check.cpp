#include <doctest/doctest.h>

#include "chapters/03_backprop_by_hand/exercises/sweep.hpp"

using namespace kbk::exercise;

namespace {

constexpr Entry leaf = {{-1, -1}, {0, 0}};

}  // namespace

TEST_CASE("a product: w x at w = 3, x = 5") {
    const auto g = sweep({leaf, leaf, {{0, 1}, {5, 3}}});
    REQUIRE(g.size() == 3);
    CHECK(g[0] == 5);
    CHECK(g[1] == 3);
    CHECK(g[2] == 1);
}

TEST_CASE("a number that is used twice gets both shares") {
    // y = x * x + x at x = 4: the derivative is 2 x + 1.
    const auto g = sweep({leaf, {{0, 0}, {4, 4}}, {{1, 0}, {1, 1}}});
    REQUIRE(g.size() == 3);
    CHECK(g[0] == 9);
    CHECK(g[1] == 1);
}

TEST_CASE("two paths through a network") {
    // h = 2 x and k = 3 x, then y = h * k with h = 4, k = 6: x = 2, y = 6 x^2, and the derivative is 24.
    const auto g = sweep({leaf, {{0, -1}, {2, 0}}, {{0, -1}, {3, 0}}, {{1, 2}, {6, 4}}});
    REQUIRE(g.size() == 4);
    CHECK(g[0] == 24);
    CHECK(g[1] == 6);
    CHECK(g[2] == 4);
}

TEST_CASE("what the last entry does not depend on gets nothing") {
    const auto g = sweep({leaf, leaf, {{0, -1}, {7, 0}}, {{0, -1}, {2, 0}}});
    REQUIRE(g.size() == 4);
    CHECK(g[0] == 2);
    CHECK(g[1] == 0);
    CHECK(g[2] == 0);
}
