#include <doctest/doctest.h>

#include <numeric>

#include "chapters/14_transformer/exercises/nucleus.hpp"

using kbk::exercise::nucleus;

namespace {

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        if (expected[i] == 0)
            CHECK(found[i] == 0);
        else
            CHECK(found[i] == doctest::Approx(expected[i]));
    }
}

}  // namespace

TEST_CASE("three of four reach 0.9") {
    check_close(nucleus({0.1, 0.5, 0.05, 0.35}, 0.9), {0.1 / 0.95, 0.5 / 0.95, 0, 0.35 / 0.95});
}

TEST_CASE("the likeliest stays, however little is asked for") {
    check_close(nucleus({0.25, 0.5, 0.25}, 0.001), {0, 1, 0});
    check_close(nucleus({0.25, 0.5, 0.25}, 0.5), {0, 1, 0});
}

TEST_CASE("all of it is all of them") {
    check_close(nucleus({0.25, 0.5, 0.25}, 1), {0.25, 0.5, 0.25});
}

TEST_CASE("of equals the first counts as the likelier") {
    check_close(nucleus({0.25, 0.25, 0.25, 0.25}, 0.5), {0.5, 0.5, 0, 0});
    check_close(nucleus({0.25, 0.5, 0.25}, 0.75), {1.0 / 3, 2.0 / 3, 0});
    // Also where they are many, which a sort may shuffle.
    std::vector<double> first(128, 0);
    for (std::size_t i = 0; i < 32; ++i) first[i] = 1.0 / 32;
    check_close(nucleus(std::vector<double>(128, 1.0 / 128), 0.25), first);
}

TEST_CASE("what is left adds up to one") {
    std::vector<double> p;
    for (int i = 0; i < 50; ++i) p.push_back(double((i * 7) % 50 + 1) / 1275);
    for (const double top_p : {0.1, 0.3, 0.8, 0.99}) {
        const auto found = nucleus(p, top_p);
        CHECK(std::accumulate(found.begin(), found.end(), 0.0) == doctest::Approx(1));
    }
}
