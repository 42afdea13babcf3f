#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "chapters/13_attention/exercises/causal_shares.hpp"

using namespace kbk::exercise;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> shares(std::vector<double> scores, std::int64_t queries, std::int64_t keys) {
    causal_shares(scores, queries, keys);
    return scores;
}

bool near(const std::vector<double>& a, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::fabs(a[i] - b[i]) < 1e-12)) return false;
    return a.size() == b.size();
}

}  // namespace

TEST_CASE("the triangle") {
    const double e = std::exp(1.0);
    CHECK(near(shares({7, 9, 9, 1, 1, 9, 0, 1, 0}, 3, 3),
               {1, 0, 0, 0.5, 0.5, 0, 1 / (2 + e), e / (2 + e), 1 / (2 + e)}));
}

TEST_CASE("what is not seen does not count, whatever it is") {
    CHECK(near(shares({0, 1e9, 0, 0}, 2, 2), {1, 0, 0.5, 0.5}));
    CHECK(near(shares({-1000, infinity, 0, 0}, 2, 2), {1, 0, 0.5, 0.5}));
    CHECK(near(shares({3, std::nan(""), 0, 0}, 2, 2), {1, 0, 0.5, 0.5}));
}

TEST_CASE("one query at the end of a text sees everything") {
    CHECK(near(shares({2, 2, 2, 2}, 1, 4), {0.25, 0.25, 0.25, 0.25}));
}

TEST_CASE("more keys than queries, and fewer") {
    CHECK(near(shares({0, 0, 5, 0, 0, 0}, 2, 3), {0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3}));
    CHECK(near(shares({8, 8, 3}, 3, 1), {0, 0, 1}));
}

TEST_CASE("large scores do not overflow, of either sign") {
    CHECK(near(shares({5000, 0, 5000, 5000}, 2, 2), {1, 0, 0.5, 0.5}));
    CHECK(near(shares({-5000, 0, -5000, -5000}, 2, 2), {1, 0, 0.5, 0.5}));
}
