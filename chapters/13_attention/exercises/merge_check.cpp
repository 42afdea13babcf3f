#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "chapters/13_attention/exercises/merge.hpp"

using namespace kbk::exercise;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// What a query finds among the keys [begin, end), with two numbers a value.
Partial found(const std::vector<double>& scores, std::size_t begin, std::size_t end) {
    Partial p{-infinity, 0, {0, 0}};
    for (std::size_t j = begin; j < end; ++j) p.largest = std::max(p.largest, scores[j]);
    for (std::size_t j = begin; j < end; ++j) {
        const double e = std::exp(scores[j] - p.largest);
        p.sum += e;
        p.mix[0] += e * double(j + 1);
        p.mix[1] += e * double(j * j) - 2 * e;
    }
    return p;
}

void check(const Partial& a, const Partial& b) {
    CHECK(a.largest == b.largest);
    CHECK(std::fabs(a.sum - b.sum) <= 1e-12 * std::fabs(b.sum));
    REQUIRE(a.mix.size() == b.mix.size());
    for (std::size_t c = 0; c < b.mix.size(); ++c)
        CHECK(std::fabs(a.mix[c] - b.mix[c]) <= 1e-12 * (1 + std::fabs(b.mix[c])));
}

}  // namespace

TEST_CASE("any cut of a context gives the whole") {
    const std::vector<double> scores = {1, 4, -2, 0.5, 4, 3, -7};
    for (std::size_t cut = 1; cut < scores.size(); ++cut)
        check(merge(found(scores, 0, cut), found(scores, cut, scores.size())),
              found(scores, 0, scores.size()));
}

TEST_CASE("either may have the largest score") {
    const std::vector<double> scores = {900, 1, 2, 1000};
    check(merge(found(scores, 0, 2), found(scores, 2, 4)), found(scores, 0, 4));
    check(merge(found(scores, 2, 4), found(scores, 0, 2)), found(scores, 0, 4));
}

TEST_CASE("nothing joins with something, and with nothing") {
    const std::vector<double> scores = {-3, 2};
    const Partial nothing = found(scores, 0, 0), all = found(scores, 0, 2);
    check(merge(nothing, all), all);
    check(merge(all, nothing), all);
    check(merge(nothing, nothing), nothing);
}
