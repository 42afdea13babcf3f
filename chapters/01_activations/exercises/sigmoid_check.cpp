#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "chapters/01_activations/exercises/sigmoid.hpp"

using namespace kbk::exercise;

TEST_CASE("sigmoid(2), which D3 has wrong") {
    CHECK(sigmoid(2) == doctest::Approx(0.880797078));
    CHECK(sigmoid(0) == doctest::Approx(0.5));
    CHECK(sigmoid(-2) == doctest::Approx(0.119202922));
}

TEST_CASE("far from 0 it neither overflows nor becomes NaN") {
    CHECK(sigmoid(1000) == 1.0f);
    CHECK(sigmoid(-1000) == 0.0f);
    CHECK(std::isnan(sigmoid(std::nanf(""))));
}

TEST_CASE("its small values have all their digits") {
    for (const float x : {-5.0f, -20.0f, -50.0f, -80.0f}) {
        const double truth = 1 / (1 + std::exp(-double(x)));
        CAPTURE(x);
        CHECK(std::fabs(double(sigmoid(x)) / truth - 1) < 1e-6);
    }
    // e^89 is beyond float, e^-89 is not, though it has fewer digits there.
    for (const float x : {-89.0f, -95.0f}) {
        const double truth = 1 / (1 + std::exp(-double(x)));
        CAPTURE(x);
        CHECK(std::fabs(double(sigmoid(x)) / truth - 1) < 1e-3);
    }
}

TEST_CASE("its logarithm is finite where x is") {
    for (const float x : {-1000.0f, -100.0f, -20.0f, -1.0f, 0.0f, 1.0f, 20.0f, 100.0f}) {
        const double truth =
            x < 0 ? double(x) - std::log1p(std::exp(double(x))) : -std::log1p(std::exp(-double(x)));
        CAPTURE(x);
        CHECK(std::fabs(double(log_sigmoid(x)) - truth) <=
              1e-6 * std::fabs(truth) + 1e-44);  // a last step of float
    }
}
