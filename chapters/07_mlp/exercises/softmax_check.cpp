#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "chapters/07_mlp/exercises/softmax.hpp"

using namespace kbk::exercise;

namespace {

std::vector<double> softmax_of(const std::vector<double>& logits) {
    std::vector<double> p(logits.size(), std::nan(""));
    softmax(logits, p);
    return p;
}

}  // namespace

TEST_CASE("the chapter's example: logits 0, 1, -1") {
    const auto p = softmax_of({0, 1, -1});
    CHECK(p[0] == doctest::Approx(0.244728471));
    CHECK(p[1] == doctest::Approx(0.665240956));
    CHECK(p[2] == doctest::Approx(0.090030573));
}

TEST_CASE("probabilities add to one") {
    const auto p = softmax_of({0.3, -2.5, 4.0, 1.25, -0.75});
    CHECK(std::accumulate(p.begin(), p.end(), 0.0) == doctest::Approx(1.0));
}

TEST_CASE("adding the same number to all logits changes nothing") {
    const auto p = softmax_of({1, 2, 4}), q = softmax_of({-999, -998, -996});
    for (int i = 0; i < 3; ++i) CHECK(q[i] == doctest::Approx(p[i]));
}

TEST_CASE("large logits neither overflow nor become NaN") {
    const auto p = softmax_of({1000, 999, -1000});
    CHECK(p[0] == doctest::Approx(0.731058579));
    CHECK(p[1] == doctest::Approx(0.268941421));
    CHECK(p[2] == 0.0);
    // Whichever of them is the largest.
    const auto q = softmax_of({-1000, 1000, 999});
    CHECK(q[0] == 0.0);
    CHECK(q[1] == doctest::Approx(0.731058579));
    CHECK(q[2] == doctest::Approx(0.268941421));
}
