#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/07_mlp/exercises/loss_gradient.hpp"

using namespace kbk::exercise;

namespace {

double loss(const std::vector<double>& z, int target) {
    double largest = z[0], sum = 0;
    for (const double v : z) largest = std::fmax(largest, v);
    for (const double v : z) sum += std::exp(v - largest);
    return std::log(sum) - (z[target] - largest);
}

}  // namespace

TEST_CASE("the chapter's example: logits 0, 1, -1, true class 0") {
    const std::vector<double> z = {0, 1, -1};
    std::vector<double> gradient(3, std::nan(""));
    loss_gradient(z, 0, gradient);
    CHECK(gradient[0] == doctest::Approx(-0.755271529));
    CHECK(gradient[1] == doctest::Approx(0.665240956));
    CHECK(gradient[2] == doctest::Approx(0.090030573));
}

TEST_CASE("it agrees with central differences of the loss") {
    const std::vector<double> z = {0.4, -1.2, 2.0, 0.1, -0.3};
    for (int target = 0; target < 5; ++target) {
        std::vector<double> gradient(z.size(), std::nan(""));
        loss_gradient(z, target, gradient);
        for (std::size_t i = 0; i < z.size(); ++i) {
            constexpr double h = 1e-5;
            auto up = z, down = z;
            up[i] += h;
            down[i] -= h;
            CHECK(gradient[i] == doctest::Approx((loss(up, target) - loss(down, target)) / (2 * h)).epsilon(1e-7));
        }
    }
}

TEST_CASE("large logits do no harm") {
    std::vector<double> gradient(2, std::nan(""));
    loss_gradient(std::vector<double>{900, -900}, 1, gradient);
    CHECK(gradient[0] == doctest::Approx(1));
    CHECK(gradient[1] == doctest::Approx(-1));
    loss_gradient(std::vector<double>{-900, 900}, 1, gradient);
    CHECK(gradient[0] == doctest::Approx(0));
    CHECK(gradient[1] == doctest::Approx(0));
}
