#include "tests/kernels/activation_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Around the widths of vectors, and around the pieces of 32 Ki that threads share out.
const std::int64_t counts[] = {0,  1,  2,  7,   8,    15,    16,    17,    31,
                               33, 63, 65, 127, 1000, 32767, 32768, 32769, 100003};

}  // namespace

TEST_CASE("forward") {
    std::vector<Case<ActivationForward>> cases;
    for (const auto n : counts)
        for (const Activation kind : {Activation::identity, Activation::relu})
            for (const Place place : {Place::beside, Place::over}) {
                cases.push_back(activation_case(kind, integers(n, "x"), place));
                cases.push_back(activation_case(kind, reals(n, "x"), place));
            }
    check_rungs(activation(), cases);
}

TEST_CASE("backward") {
    std::vector<Case<ActivationBackward>> cases;
    for (const auto n : counts)
        for (const Activation kind : {Activation::identity, Activation::relu})
            for (const Place place : {Place::beside, Place::over}) {
                // Integers hold many zeros, where the derivative is 0 as well.
                cases.push_back(activation_backward_case(kind, integers(n, "y"), integers(n, "dy"), place));
                cases.push_back(activation_backward_case(kind, reals(n, "y"), reals(n, "dy"), place));
            }
    check_rungs(activation_backward(), cases);
}

TEST_CASE("cases worked by hand") {
    const std::vector<float> x = {-2, -0.5f, -0.0f, 0, 0.5f, 3}, y = {0, 0, 0, 0, 0.5f, 3};
    for (const Place place : {Place::beside, Place::over}) {
        check_rungs(activation(), {activation_case(Activation::relu, x, place).expect(y),
                                   activation_case(Activation::identity, x, place).expect(x)});
        const std::vector<float> dy = {1, 2, 3, 4, 5, -6};
        check_rungs(activation_backward(),
                    {activation_backward_case(Activation::relu, y, dy, place).expect({0, 0, 0, 0, 5, -6}),
                     activation_backward_case(Activation::identity, y, dy, place).expect(dy)});
    }
}

TEST_CASE("the largest numbers pass, and a NaN is not hidden") {
    const float largest = std::numeric_limits<float>::max(),
                smallest = std::numeric_limits<float>::denorm_min();
    check_rungs(activation(), {activation_case(Activation::relu, {largest, -largest, smallest, -smallest,
                                                                  infinity, -infinity, nan, 1, nan})
                                   .expect({largest, 0, smallest, 0, infinity, 0, nan, 1, nan})});
    check_rungs(activation_backward(),
                {activation_backward_case(Activation::relu, {smallest, 1, 1, 1}, {1, nan, infinity, -largest})
                     .expect({1, nan, infinity, -largest})});
}

TEST_CASE("equal bits on any number of threads") {
    check_thread_counts<ActivationForward>(activation(),
                                           {activation_case(Activation::relu, reals(200003, "x"))});
    check_thread_counts<ActivationBackward>(
        activation_backward(),
        {activation_backward_case(Activation::relu, reals(200003, "y"), reals(200003, "dy"))});
}

TEST_CASE("the gradient is the slope of the function") {
    // Central differences in double precision, away from the corner at 0.
    for (const double x : {-1.5, -0.25, 0.25, 2.0}) {
        const double h = 1e-6;
        const double slope =
            (activate(Activation::relu, x + h) - activate(Activation::relu, x - h)) / (2 * h);
        CHECK(activation_derivative(Activation::relu, activate(Activation::relu, x)) ==
              doctest::Approx(slope).epsilon(1e-9));
    }
}

TEST_CASE("cost counts each byte once") {
    CHECK(cost(ActivationForward{Activation::relu, nullptr, nullptr, 10}).bytes == 80);
    CHECK(cost(ActivationBackward{Activation::relu, nullptr, nullptr, nullptr, 10}).bytes == 120);
}

TEST_CASE("validate names the value and its limit") {
    float x[3] = {};
    Scratch scratch;
    CHECK_THROWS_WITH_AS(activation().run({Activation::relu, x, x, -3}, scratch),
                         "activation: count is -3, it must not be negative", Error);
    CHECK_THROWS_WITH_AS(activation().run({Activation::relu, x, nullptr, 3}, scratch),
                         "activation: a null pointer where 3 elements are expected", Error);
    CHECK_THROWS_WITH_AS(activation_backward().run({Activation::relu, x, x, x, -1}, scratch),
                         "activation_backward: count is -1, it must not be negative", Error);
    CHECK_THROWS_WITH_AS(activation_backward().run({Activation::relu, x, nullptr, x, 3}, scratch),
                         "activation_backward: a null pointer where 3 elements are expected", Error);
    CHECK_NOTHROW(activation().run({Activation::relu, nullptr, nullptr, 0}, scratch));
}

}  // namespace kbk::test
