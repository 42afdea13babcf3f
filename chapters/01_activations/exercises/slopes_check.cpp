#include <doctest/doctest.h>

#include <cmath>

#include "chapters/01_activations/exercises/slopes.hpp"

using namespace kbk::exercise;

namespace {

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

template <class F>
double difference(const F& f, double x) {
    constexpr double h = 1e-5;
    return (f(x + h) - f(x - h)) / (2 * h);
}

constexpr double places[] = {-6, -2, -0.7, -0.1, 0.1, 0.9, 3, 5};

}  // namespace

TEST_CASE("sigmoid, from its value") {
    for (const double x : places) {
        CAPTURE(x);
        CHECK(sigmoid_slope(sigmoid(x)) == doctest::Approx(difference(sigmoid, x)).epsilon(1e-7));
    }
    CHECK(sigmoid_slope(0.9) == doctest::Approx(0.09));  // D3 prints 0.1
}

TEST_CASE("tanh, from its value") {
    const auto f = [](double x) { return std::tanh(x); };
    for (const double x : places) {
        CAPTURE(x);
        CHECK(tanh_slope(f(x)) == doctest::Approx(difference(f, x)).epsilon(1e-6));
    }
}

TEST_CASE("leaky ReLU, also at its corner") {
    CHECK(leaky_relu_slope(3, 0.2) == 1);
    CHECK(leaky_relu_slope(-3, 0.2) == 0.2);
    CHECK(leaky_relu_slope(0, 0.2) == 0.2);
}

TEST_CASE("SiLU, also where it falls") {
    const auto f = [](double x) { return x * sigmoid(x); };
    for (const double x : places) {
        CAPTURE(x);
        CHECK(silu_slope(x) == doctest::Approx(difference(f, x)).epsilon(1e-6));
    }
    CHECK(silu_slope(-2) < 0);
}
