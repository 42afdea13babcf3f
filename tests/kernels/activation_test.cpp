#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/activation/destination.hpp"
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"
#include "tests/kernels/activation_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Around the widths of vectors, and around the pieces of 32 Ki that threads share out. Instrumented kernels
// take the small ones alone: they are slow, and a block looks like the next.
std::vector<std::int64_t> counts_of(Activation kind) {
    std::vector<std::int64_t> counts = {0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 63, 65, 127, 1000};
    const bool threads_differ = kind == Activation::relu || kind == Activation::gelu;
    if (threads_differ && !checked_cuda()) counts.insert(counts.end(), {32767, 32768, 32769, 100003});
    return counts;
}

std::vector<float> scaled_reals(std::int64_t count, std::string_view name, float factor) {
    auto values = reals(count, name);
    for (float& v : values) v *= factor;
    return values;
}

// What the backward pass reads: values of the function, or its arguments.
std::vector<float> kept(Activation kind, std::vector<float> x) {
    if (!derivative_needs_argument(kind))
        for (float& v : x) v = activate(kind, v);
    return x;
}

// Distance of a result from the truth, in units of the last place that float has there.
double ulps(float found, double truth) {
    const double size = std::max(std::abs(truth), 0x1p-126);
    return std::abs(double(found) - truth) / std::ldexp(1.0, std::ilogb(float(size)) - 23);
}

// The worst error of a function over every 10,007th float between two numbers.
double worst_ulps(const char* rung, Activation kind, float low, float high) {
    std::vector<float> x;
    for (std::uint64_t bits = 0; bits < 0xff800000u; bits += 10007)
        if (const float v = std::bit_cast<float>(std::uint32_t(bits)); v >= low && v <= high) x.push_back(v);
    std::vector<float> y(x.size(), poison());
    Scratch scratch;
    activation().rung(rung).run({kind, x.data(), y.data(), std::ssize(x)}, scratch);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::max(worst, ulps(y[i], activate(kind, double(x[i]))));
    return worst;
}

}  // namespace

TEST_CASE("forward") {
    std::vector<Case<ActivationForward>> cases;
    for (const Activation kind : all_activations)
        for (const auto n : counts_of(kind))
            for (const Place place : {Place::beside, Place::over}) {
                cases.push_back(activation_case(kind, integers(n, "x"), place));
                cases.push_back(activation_case(kind, scaled_reals(n, "x", n % 2 ? 1 : 7), place));
            }
    check_rungs(activation(), cases);
}

TEST_CASE("forward with a bias") {
    std::vector<Case<ActivationForward>> cases;
    for (const Activation kind : all_activations)
        for (const auto& [rows, columns] :
             {std::pair{0, 3}, {1, 1}, {5, 1}, {3, 7}, {4, 8}, {9, 17}, {2, 40000}, {700, 50}})
            for (const Place place : {Place::beside, Place::over}) {
                if (rows * columns > 1000 && (kind != Activation::relu || checked_cuda())) continue;
                cases.push_back(activation_case(kind, scaled_reals(rows * columns, "x", 3), place,
                                                reals(columns, "bias")));
            }
    check_rungs(activation(), cases);
}

TEST_CASE("backward") {
    std::vector<Case<ActivationBackward>> cases;
    for (const Activation kind : all_activations)
        for (const auto n : counts_of(kind))
            for (const Place place : {Place::beside, Place::over}) {
                // Integers hold many zeros, where relu's derivative is 0 as well.
                cases.push_back(
                    activation_backward_case(kind, kept(kind, integers(n, "y")), integers(n, "dy"), place));
                cases.push_back(activation_backward_case(
                    kind, kept(kind, scaled_reals(n, "y", n % 2 ? 1 : 5)), reals(n, "dy"), place));
            }
    check_rungs(activation_backward(), cases);
}

TEST_CASE("arrays that no cache holds") {
    if (checked_cuda()) return;
    // An odd number of elements at an odd address: the stores past the caches begin and end within a vector.
    const std::int64_t n = cpu::cache_budget() / 7 + 5;
    for (const Activation kind : {Activation::relu, Activation::sigmoid}) {
        const bool biased = kind == Activation::relu;  // rows that begin at every place within a vector
        const auto forward = biased ? activation_case(kind, reals(n / 1001 * 1001, "x"), Place::beside, reals(1001, "bias"))
                                    : activation_case(kind, reals(n, "x"));
        CHECK(activation().best(Device::cpu, forward.problem()).name == "streamed");
        CHECK(forward.check(activation().rung("cpu/streamed").run) == "");
        const auto backward = activation_backward_case(kind, kept(kind, reals(n, "y")), reals(n, "dy"));
        CHECK(backward.check(activation_backward().rung("cpu/streamed").run) == "");
    }
}

TEST_CASE("cases worked by hand") {
    const std::vector<float> x = {-2, -0.5f, -0.0f, 0, 0.5f, 3}, y = {0, 0, 0, 0, 0.5f, 3};
    for (const Place place : {Place::beside, Place::over}) {
        check_rungs(activation(),
                    {activation_case(Activation::relu, x, place).expect(y),
                     activation_case(Activation::identity, x, place).expect(x),
                     activation_case(Activation::leaky_relu, {-200, 0, 5}, place).expect({-2, 0, 5})});
        const std::vector<float> dy = {1, 2, 3, 4, 5, -6};
        check_rungs(activation_backward(),
                    {activation_backward_case(Activation::relu, y, dy, place).expect({0, 0, 0, 0, 5, -6}),
                     activation_backward_case(Activation::identity, y, dy, place).expect(dy)});
    }

    // Exact points: sigmoid(log 3) = 3/4, tanh(log(3)/2) = 1/2, and the values that a table of the normal
    // distribution has: Phi(1) = 0.841344746. silu and gelu are products with their arguments.
    const float log3 = std::log(3.0f);
    check_rungs(
        activation(),
        {activation_case(Activation::sigmoid, {log3, 0, -log3}).expect({0.75f, 0.5f, 0.25f}),
         activation_case(Activation::tanh, {log3 / 2, 0, -log3 / 2}).expect({0.5f, 0, -0.5f}),
         activation_case(Activation::silu, {log3, 0, -log3}).expect({0.75f * log3, 0, -0.25f * log3}),
         activation_case(Activation::gelu, {1, 0, -1}).expect({0.841344746f, 0, -0.158655254f}),
         activation_case(Activation::gelu_tanh, {1, 0, -1}).expect({0.841191991f, 0, -0.158808009f})});
    // sigma' = y (1 - y), tanh' = 1 - y^2; at 0 the derivative of silu and of both gelus is 1/2.
    check_rungs(
        activation_backward(),
        {activation_backward_case(Activation::sigmoid, {0.75f, 0.5f, 1}, {16, 4, 9}).expect({3, 1, 0}),
         activation_backward_case(Activation::tanh, {0.5f, 0, -1}, {4, 7, 9}).expect({3, 7, 0}),
         activation_backward_case(Activation::leaky_relu, {-1, 0, 1}, {100, 100, 100}).expect({1, 1, 100}),
         activation_backward_case(Activation::silu, {0, -0.0f}, {2, 6}).expect({1, 3}),
         activation_backward_case(Activation::gelu, {0, -0.0f}, {2, 6}).expect({1, 3}),
         activation_backward_case(Activation::gelu_tanh, {0, -0.0f}, {2, 6}).expect({1, 3})});
}

TEST_CASE("the largest numbers pass, and a NaN is not hidden") {
    const float largest = std::numeric_limits<float>::max(),
                smallest = std::numeric_limits<float>::denorm_min();
    const std::vector<float> x = {largest, -largest, infinity, -infinity, nan, 1e10f, -1e10f, 300, -300, nan};
    check_rungs(activation(),
                {activation_case(Activation::relu,
                                 {largest, -largest, smallest, -smallest, infinity, -infinity, nan, 1, nan})
                     .expect({largest, 0, smallest, 0, infinity, 0, nan, 1, nan}),
                 activation_case(Activation::sigmoid, x).expect({1, 0, 1, 0, nan, 1, 0, 1, 0, nan}),
                 activation_case(Activation::tanh, x).expect({1, -1, 1, -1, nan, 1, -1, 1, -1, nan})});
    // Far to the right they are the identity, far to the left 0.
    for (const Activation kind : {Activation::gelu, Activation::gelu_tanh, Activation::silu}) {
        check_rungs(activation(),
                    {activation_case(kind, x).expect({largest, 0, infinity, 0, nan, 1e10f, 0, 300, 0, nan})});
        check_rungs(activation_backward(), {activation_backward_case(kind, x, std::vector<float>(x.size(), 3))
                                                .expect({3, 0, 3, 0, nan, 3, 0, 3, 0, nan})});
    }
    check_rungs(activation_backward(),
                {activation_backward_case(Activation::relu, {smallest, 1, 1, 1}, {1, nan, infinity, -largest})
                     .expect({1, nan, infinity, -largest})});
}

TEST_CASE("errors in units of the last place") {
    if (checked_cuda()) return;
    // Each function against its formula in double precision.
    struct Claim {
        Activation kind;
        float low, high;
        double ulps;
    };
    for (const char* rung : {"cpu/naive", "cpu/vectorized"})
        for (const auto& [kind, low, high, most] : {Claim{Activation::sigmoid, -80, 80, 3},
                                                    {Activation::tanh, -80, 80, 3},
                                                    {Activation::silu, -80, 80, 4},
                                                    {Activation::gelu, -1, 80, 8},
                                                    {Activation::gelu_tanh, -1, 80, 8}}) {
            const double worst = worst_ulps(rung, kind, low, high);
            CHECK_MESSAGE(worst <= most, rung, " ", name(kind), " is off by ", worst,
                          " units in the last place");
            CHECK(worst > 0.4);  // an error of nothing would mean that nothing was measured
        }
}

TEST_CASE("the exponential of vectors") {
    if (checked_cuda()) return;
    // To one unit in the last place, also where the result is subnormal; and right where there is no result.
    double worst = 0;
    for (double x = -103; x < 88.7; x += 0.00037) {
        const float at = float(x);
        worst = std::max(worst, ulps(cpu::exponential(cpu::Vector(at)).get(0), std::exp(double(at))));
    }
    CHECK(worst <= 1.05);
    CHECK(worst > 0.5);
    const auto exponential = [](float x) { return cpu::exponential(cpu::Vector(x)).get(0); };
    CHECK(exponential(0) == 1);
    CHECK(exponential(88.8f) == infinity);
    CHECK(exponential(infinity) == infinity);
    CHECK(exponential(1e30f) == infinity);
    CHECK(exponential(-105) == 0);
    CHECK(exponential(-infinity) == 0);
    CHECK(exponential(-1e30f) == 0);
    CHECK(std::isnan(exponential(nan)));
}

TEST_CASE("the falling exponential, the normal distribution and tanh of vectors") {
    if (checked_cuda()) return;
    const auto lane = [](cpu::Vector v) { return v.get(0); };
    double falling = 0, density = 0, beyond = 0, tangent = 0;
    for (double x = 0; x < 87.3; x += 0.00037) {
        const float at = float(-x);
        falling = std::max(falling, ulps(lane(cpu::falling_exponential(cpu::Vector(at))), std::exp(double(at))));
    }
    // An exponent of x^2/2 that is itself rounded costs so many units more: 0.5 of each of x^2 and of its product.
    for (double x = 0; x < 12.8; x += 0.000093) {
        const float at = float(x);
        const double d = at, growth = 1 + d * d / 2;
        const auto tail = cpu::normal_tail(cpu::Vector(at));
        density = std::max(density, ulps(lane(tail.density), 0.3989422804014327 * std::exp(-d * d / 2)) / growth);
        beyond = std::max(beyond, ulps(lane(tail.beyond), std::erfc(d / std::numbers::sqrt2) / 2) / growth);
    }
    float largest = 0;
    for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += 5003) {
        const float at = std::bit_cast<float>(bits), found = lane(cpu::hyperbolic_tangent(cpu::Vector(at)));
        tangent = std::max(tangent, ulps(found, std::tanh(double(at))));
        largest = std::max(largest, found);
        if (lane(cpu::hyperbolic_tangent(cpu::Vector(-at))) != -found) FAIL("tanh(-x) is not -tanh(x) at ", at);
    }
    CHECK(falling <= 1.05);
    CHECK(density <= 2);
    CHECK(beyond <= 3.5);
    CHECK(tangent <= 2.5);
    CHECK(largest == 1);
    for (const double measured : {falling, density, beyond, tangent}) CHECK(measured > 0.4);

    const auto falls = [&](float x) { return lane(cpu::falling_exponential(cpu::Vector(x))); };
    CHECK(falls(0) == 1);
    CHECK(falls(-88) == 0);
    CHECK(falls(-1e30f) == 0);
    CHECK(falls(-infinity) == 0);
    CHECK(std::isnan(falls(nan)));
    for (const float far : {14.0f, 100.0f, 1000.0f}) {
        CHECK(lane(cpu::normal_tail(cpu::Vector(far)).density) == 0);
        CHECK(lane(cpu::normal_tail(cpu::Vector(far)).beyond) == 0);
    }
    CHECK(std::isnan(lane(cpu::normal_tail(cpu::Vector(nan)).beyond)));
    CHECK(std::isnan(lane(cpu::hyperbolic_tangent(cpu::Vector(nan)))));
    CHECK(lane(cpu::hyperbolic_tangent(cpu::Vector(infinity))) == 1);
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<ActivationForward>> forward;
    std::vector<Case<ActivationBackward>> backward;
    for (const Activation kind : all_activations) {
        forward.push_back(activation_case(kind, reals(200003, "x")));
        forward.push_back(activation_case(kind, reals(200000, "x"), Place::beside, reals(1000, "bias")));
        backward.push_back(activation_backward_case(kind, reals(200003, "y"), reals(200003, "dy")));
    }
    check_thread_counts<ActivationForward>(activation(), forward);
    check_thread_counts<ActivationBackward>(activation_backward(), backward);
}

TEST_CASE("the gradient is the slope of the function") {
    // Central differences in double precision, away from the corner at 0.
    for (const Activation kind : all_activations)
        for (const double x : {-4.5, -1.5, -0.75, -0.25, 0.25, 2.0, 6.0}) {
            const double h = 1e-5, slope = (activate(kind, x + h) - activate(kind, x - h)) / (2 * h);
            const double v = derivative_needs_argument(kind) ? x : activate(kind, x);
            INFO(name(kind), " at ", x);
            CHECK(std::abs(activation_derivative(kind, v) - slope) < 1e-9);
        }
}

TEST_CASE("identities between the functions") {
    // Written with other formulas than activation_math.hpp has.
    for (double x = -6; x <= 6; x += 0.375) {
        CHECK(activate(Activation::tanh, x) == doctest::Approx(2 * activate(Activation::sigmoid, 2 * x) - 1));
        CHECK(activate(Activation::sigmoid, x) + activate(Activation::sigmoid, -x) == doctest::Approx(1));
        CHECK(activate(Activation::silu, x) - activate(Activation::silu, -x) == doctest::Approx(x));
        CHECK(activate(Activation::gelu, x) ==
              doctest::Approx(x / 2 * (1 + std::erf(x / std::numbers::sqrt2))));
        const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
        CHECK(activate(Activation::gelu_tanh, x) == doctest::Approx(x / 2 * (1 + std::tanh(u))));
        CHECK(std::abs(activate(Activation::gelu_tanh, x) - activate(Activation::gelu, x)) < 5e-4);
    }
}

TEST_CASE("cost counts each byte once") {
    CHECK(cost(ActivationForward{Activation::relu, nullptr, nullptr, 10}).bytes == 80);
    float bias = 0;
    CHECK(cost(ActivationForward{Activation::relu, nullptr, nullptr, 10, &bias, 5}).bytes == 100);
    CHECK(cost(ActivationBackward{Activation::relu, nullptr, nullptr, nullptr, 10}).bytes == 120);
}

TEST_CASE("validate names the value and its limit") {
    float x[3] = {};
    Scratch scratch;
    CHECK_THROWS_WITH_AS(activation().run({Activation::relu, x, x, -3}, scratch),
                         "activation: count is -3, it must not be negative", Error);
    CHECK_THROWS_WITH_AS(activation().run({Activation::relu, x, nullptr, 3}, scratch),
                         "activation: a null pointer where 3 elements are expected", Error);
    CHECK_THROWS_WITH_AS(
        activation().run({Activation::relu, x, x, 3, x, 2}, scratch),
        "activation: 3 elements are no whole number of rows of 2, to which the bias is added", Error);
    CHECK_THROWS_WITH_AS(activation_backward().run({Activation::relu, x, x, x, -1}, scratch),
                         "activation_backward: count is -1, it must not be negative", Error);
    CHECK_THROWS_WITH_AS(activation_backward().run({Activation::relu, x, nullptr, x, 3}, scratch),
                         "activation_backward: a null pointer where 3 elements are expected", Error);
    // gelu needs its argument, and its value alone is not enough; for relu it is.
    CHECK_THROWS_AS(activation_backward().run({Activation::gelu, x, x, x, 3}, scratch), Error);
    CHECK_NOTHROW(activation_backward().run({Activation::gelu, nullptr, x, x, 3, x}, scratch));
    CHECK_NOTHROW(activation_backward().run({Activation::relu, x, x, x, 3}, scratch));
    CHECK_NOTHROW(activation().run({Activation::relu, nullptr, nullptr, 0}, scratch));
}

}  // namespace kbk::test
