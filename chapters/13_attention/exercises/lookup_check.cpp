#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/13_attention/exercises/lookup.hpp"

using namespace kbk::exercise;

namespace {

struct Found {
    double value;
    std::vector<double> shares;
};

Found look(const std::vector<double>& query, const std::vector<double>& keys,
           const std::vector<double>& values, double scale) {
    Found f{0, std::vector<double>(values.size(), std::nan(""))};
    f.value = lookup(query, keys, values, scale, f.shares);
    return f;
}

const std::vector<double> keys = {1, 0, -1, -1, 0, 1}, values = {10, 20, 30};

}  // namespace

TEST_CASE("the chapter's table") {
    const Found f = look({2, 1}, keys, values, 1);
    const double sum = std::exp(2.0) + std::exp(-3.0) + std::exp(1.0);
    REQUIRE(std::fabs(f.shares[0] - std::exp(2.0) / sum) < 1e-12);
    REQUIRE(std::fabs(f.shares[1] - std::exp(-3.0) / sum) < 1e-12);
    REQUIRE(std::fabs(f.shares[2] - std::exp(1.0) / sum) < 1e-12);
    CHECK(std::fabs(f.value - (10 * std::exp(2.0) + 20 * std::exp(-3.0) + 30 * std::exp(1.0)) / sum) < 1e-11);
}

TEST_CASE("the scale counts") {
    const Found f = look({2, 1}, keys, values, 0.5);
    const double sum = std::exp(1.0) + std::exp(-1.5) + std::exp(0.5);
    REQUIRE(std::fabs(f.shares[0] - std::exp(1.0) / sum) < 1e-12);
    CHECK(std::fabs(f.value - (10 * std::exp(1.0) + 20 * std::exp(-1.5) + 30 * std::exp(0.5)) / sum) < 1e-11);
}

TEST_CASE("any width, any number of entries") {
    // Four entries of width 3, with scores log 1, log 2, log 3 and log 4.
    const double l2 = std::log(2.0), l3 = std::log(3.0);
    const Found f = look({1, -1, 2}, {0, 0, 0, l2, 0, 0, 0, -l3, 0, 0, 0, l2}, {-1, 5, 7, 2}, 1);
    for (std::size_t j = 0; j < 4; ++j) REQUIRE(std::fabs(f.shares[j] - double(j + 1) / 10) < 1e-12);
    CHECK(std::fabs(f.value - (-1 + 2 * 5 + 3 * 7 + 4 * 2) / 10.0) < 1e-12);
    CHECK(look({3}, {2}, {-4}, 1).value == -4);
}

TEST_CASE("a query of zeros takes the mean") {
    const Found f = look({0, 0}, keys, values, 1);
    CHECK(std::fabs(f.value - 20) < 1e-12);
}

TEST_CASE("scores by the thousand do not overflow") {
    const Found f = look({4000, 1000}, keys, values, 1);
    REQUIRE(std::fabs(f.value - 10) < 1e-12);
    CHECK(std::fabs(f.shares[0] + f.shares[1] + f.shares[2] - 1) < 1e-12);
    CHECK(std::fabs(look({-4000, -1000}, keys, values, 1).value - 20) < 1e-12);
    // All scores far below zero: 0 is not among them, and must not count as the largest.
    const Found low = look({-4000}, {1, 1, 2}, values, 1);
    REQUIRE(std::fabs(low.value - 15) < 1e-12);
    CHECK(std::fabs(low.shares[0] - 0.5) < 1e-12);
}
