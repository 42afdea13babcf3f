#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/02_losses/exercises/soft_targets.hpp"

using namespace kbk::exercise;

using Values = std::vector<double>;

TEST_CASE("the page's example: D((1/2, 1/2) || (9/10, 1/10))") {
    CHECK(divergence(Values{std::log(9.0), 0}, Values{0.5, 0.5}) == doctest::Approx(0.5108256));
    CHECK(divergence(Values{0, 0}, Values{0.9, 0.1}) == doctest::Approx(0.3680642));
    CHECK(std::fabs(divergence(Values{std::log(7.0), std::log(3.0)}, Values{0.7, 0.3})) < 1e-12);
}

TEST_CASE("with one true class it is chapter 7's loss") {
    Values gradient(3, std::nan(""));
    CHECK(cross_entropy(Values{0, 1, -1}, Values{1, 0, 0}, gradient) == doctest::Approx(1.40760596));
    CHECK(gradient[0] == doctest::Approx(-0.755271529));
    CHECK(gradient[1] == doctest::Approx(0.665240956));
    CHECK(divergence(Values{0, 1, -1}, Values{1, 0, 0}) == doctest::Approx(1.40760596));
}

TEST_CASE("the gradient agrees with central differences") {
    const Values z = {0.4, -1.2, 2.0, 0.1}, p = {0.1, 0.2, 0.3, 0.4};
    Values gradient(4, std::nan("")), ignored(4);
    cross_entropy(z, p, gradient);
    for (std::size_t i = 0; i < z.size(); ++i) {
        Values up = z, down = z;
        up[i] += 1e-5, down[i] -= 1e-5;
        CAPTURE(i);
        const double slope = (cross_entropy(up, p, ignored) - cross_entropy(down, p, ignored)) / 2e-5;
        CHECK(std::fabs(slope) > 0.01);
        CHECK(gradient[i] == doctest::Approx(slope).epsilon(1e-7));
    }
}

TEST_CASE("large logits do no harm") {
    Values gradient(2);
    CHECK(cross_entropy(Values{5000, 4999}, Values{0, 1}, gradient) == doctest::Approx(1.3132617));
    CHECK(gradient[0] == doctest::Approx(0.7310586));
}
