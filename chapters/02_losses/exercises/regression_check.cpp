#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "chapters/02_losses/exercises/regression.hpp"

using namespace kbk::exercise;

namespace {

using Values = std::vector<double>;
const Values target = {2.5, 3.0, 2.8, 3.2, 2.9}, prediction = {3.2, 2.8, 2.6, 3.1, 7.9};

void check_gradient(const std::function<double(const Values&, Values&)>& loss) {
    Values gradient(prediction.size(), std::nan("")), ignored = gradient;
    loss(prediction, gradient);
    for (std::size_t i = 0; i < prediction.size(); ++i) {
        constexpr double h = 1e-6;
        Values up = prediction, down = prediction;
        up[i] += h, down[i] -= h;
        CAPTURE(i);
        const double slope = (loss(up, ignored) - loss(down, ignored)) / (2 * h);
        CHECK(slope != 0);
        CHECK(gradient[i] == doctest::Approx(slope).epsilon(1e-7));
    }
}

}  // namespace

TEST_CASE("D2's five points") {
    Values gradient(5);
    CHECK(squared_error(Values{3.2, 2.8, 2.6, 3.1, 2.7}, target, gradient) == doctest::Approx(0.124));
    CHECK(gradient[0] == doctest::Approx(0.28));
    CHECK(absolute_error(Values{3.2, 2.8, 2.6, 3.1, 2.7}, target, gradient) == doctest::Approx(0.28));
    CHECK(gradient[1] == doctest::Approx(-0.2));
}

TEST_CASE("an error of nothing") {
    Values gradient(5, std::nan(""));
    CHECK(absolute_error(target, target, gradient) == 0);
    for (const double g : gradient) CHECK(g == 0);
    absolute_error(prediction, target, gradient);
    CHECK(gradient[4] == doctest::Approx(0.2));
}

TEST_CASE("Huber's loss is the parabola near 0 and a line far out") {
    Values gradient(1);
    CHECK(huber(Values{0.5}, Values{0}, 1, gradient) == doctest::Approx(0.125));
    CHECK(huber(Values{-3}, Values{0}, 1, gradient) == doctest::Approx(2.5));
    CHECK(gradient[0] == doctest::Approx(-1));
    CHECK(huber(Values{3}, Values{0}, 2, gradient) == doctest::Approx(4));
    CHECK(gradient[0] == doctest::Approx(2));
}

TEST_CASE("gradients agree with central differences") {
    check_gradient([](const Values& p, Values& g) { return squared_error(p, target, g); });
    check_gradient([](const Values& p, Values& g) { return absolute_error(p, target, g); });
    check_gradient([](const Values& p, Values& g) { return huber(p, target, 0.3, g); });
}
