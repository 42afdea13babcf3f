#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <vector>

#include "chapters/02_losses/exercises/binary.hpp"

using namespace kbk::exercise;

namespace {

using Values = std::vector<float>;

float loss_of(float logit, float truth) {
    Values gradient(1);
    return binary_cross_entropy(Values{logit}, Values{truth}, gradient);
}

}  // namespace

TEST_CASE("D2's five predictions, with both terms") {
    Values logit, gradient(5, std::nanf(""));
    for (const double p : {0.9, 0.1, 0.8, 0.9, 0.85}) logit.push_back(float(std::log(p / (1 - p))));
    CHECK(binary_cross_entropy(logit, Values{1, 0, 1, 0, 1}, gradient) ==
          doctest::Approx(0.579794).epsilon(1e-5));
    CHECK(gradient[0] == doctest::Approx(-0.02).epsilon(1e-4));
    CHECK(gradient[3] == doctest::Approx(0.18).epsilon(1e-4));
}

TEST_CASE("sure and wrong costs the logit, and no more") {
    for (const float z : {20.0f, 100.0f, 1e4f}) {
        CAPTURE(z);
        CHECK(loss_of(z, 0) == doctest::Approx(z));
        CHECK(loss_of(-z, 1) == doctest::Approx(z));
    }
}

TEST_CASE("sure and right costs next to nothing, but not nothing before float ends") {
    for (const float z : {20.0f, 50.0f, 80.0f}) {
        // Ask for the quotient: of numbers this small a difference says nothing.
        const double truth = std::log1p(std::exp(-double(z)));
        CAPTURE(z);
        CHECK(double(loss_of(z, 1)) / truth == doctest::Approx(1));
        CHECK(double(loss_of(-z, 0)) / truth == doctest::Approx(1));
    }
    CHECK(loss_of(1e4f, 1) == 0.0f);
}

TEST_CASE("the gradient of far logits is right") {
    Values gradient(4, std::nanf(""));
    binary_cross_entropy(Values{1000, -1000, 1000, -1000}, Values{0, 1, 1, 0}, gradient);
    CHECK(gradient[0] == doctest::Approx(0.25));
    CHECK(gradient[1] == doctest::Approx(-0.25));
    CHECK(gradient[2] == 0.0f);
    CHECK(gradient[3] == 0.0f);
}
