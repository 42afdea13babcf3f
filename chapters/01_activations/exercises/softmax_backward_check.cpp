#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "chapters/01_activations/exercises/softmax_backward.hpp"

using namespace kbk::exercise;

namespace {

std::vector<double> softmax(const std::vector<double>& x) {
    double sum = 0;
    std::vector<double> y;
    for (const double v : x) sum += std::exp(v);
    for (const double v : x) y.push_back(std::exp(v) / sum);
    return y;
}

}  // namespace

TEST_CASE("two probabilities by hand") {
    // y = (1/4, 3/4), dy = (1, 0): dx = (3/16, -3/16).
    std::vector<double> dx(2, std::nan(""));
    softmax_backward(std::vector{0.25, 0.75}, std::vector{1.0, 0.0}, dx);
    CHECK(dx[0] == doctest::Approx(0.1875));
    CHECK(dx[1] == doctest::Approx(-0.1875));
}

TEST_CASE("it agrees with central differences") {
    const std::vector<double> x = {0.3, -1.1, 2.0, 0.6, -0.2}, dy = {1, -2, 0.5, 3, -0.25};
    std::vector<double> dx(x.size(), std::nan(""));
    softmax_backward(softmax(x), dy, dx);
    const auto loss = [&](std::vector<double> at) {
        double sum = 0;
        at = softmax(at);
        for (std::size_t i = 0; i < at.size(); ++i) sum += dy[i] * at[i];
        return sum;
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
        auto up = x, down = x;
        up[i] += 1e-5, down[i] -= 1e-5;
        CAPTURE(i);
        CHECK(dx[i] == doctest::Approx((loss(up) - loss(down)) / 2e-5).epsilon(1e-7));
    }
}

TEST_CASE("a constant added to dy changes nothing, as probabilities always sum to one") {
    const std::vector<double> y = {0.1, 0.2, 0.7};
    std::vector<double> a(3), b(3);
    softmax_backward(y, std::vector{1.0, 5.0, -2.0}, a);
    softmax_backward(y, std::vector{101.0, 105.0, 98.0}, b);
    for (int i = 0; i < 3; ++i) CHECK(a[i] == doctest::Approx(b[i]));
    CHECK(a[2] < -0.1);
}

TEST_CASE("a vocabulary of 50,000 words takes no time") {
    const std::size_t n = 50000;
    std::vector<double> y(n, 1.0 / double(n)), dy(n, 1.0), dx(n, std::nan(""));
    dy[0] = 2;
    const auto start = std::chrono::steady_clock::now();
    softmax_backward(y, dy, dx);
    CHECK(dx[0] * double(n) == doctest::Approx(1 - 1.0 / double(n)).epsilon(1e-9));
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 0.1);
}
