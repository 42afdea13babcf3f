#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "chapters/01_activations/exercises/exponential.hpp"

using namespace kbk::exercise;

namespace {

double worst_ulps(float low, float high, float step) {
    double worst = 0;
    for (float x = low; x <= high; x += step) {
        const double truth = std::exp(double(x));
        const double error =
            std::fabs(double(exponential(x)) - truth) / std::ldexp(1.0, std::ilogb(float(truth)) - 23);
        worst = error <= worst ? worst : error;  // also takes over a NaN
    }
    return worst;
}

}  // namespace

TEST_CASE("e^0 is 1 and e^1 is e") {
    CHECK(exponential(0) == 1.0f);
    CHECK(exponential(1) == doctest::Approx(2.718281828).epsilon(1e-6));
}

TEST_CASE("two units in the last place near 0") {
    CHECK(worst_ulps(-0.34f, 0.34f, 1e-4f) <= 2);
}

TEST_CASE("two units in the last place between -1 and 1") {
    CHECK(worst_ulps(-1, 1, 1e-4f) <= 2);
}

TEST_CASE("two units in the last place everywhere") {
    CHECK(worst_ulps(-87, 88, 0.0037f) <= 2);
}

TEST_CASE("beyond the range") {
    CHECK(exponential(89) == std::numeric_limits<float>::infinity());
    CHECK(exponential(-110) == 0.0f);
    CHECK(exponential(-std::numeric_limits<float>::infinity()) == 0.0f);
}
