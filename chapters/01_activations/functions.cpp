/// @file
/// The functions themselves: what a bend is for, their curves and slopes, softmax, and what the documents
/// print.
#include <algorithm>
#include <array>
#include <cmath>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>

#include "chapters/01_activations/experiments.hpp"
#include "common/tensor/xtensor.hpp"
#include "kernels/activation/activation.hpp"

namespace kbk {

namespace {

constexpr Activation curves[] = {Activation::relu, Activation::leaky_relu, Activation::sigmoid,
                                 Activation::tanh, Activation::gelu,       Activation::silu};

// A curve between two ends, in steps that the decimal system writes exactly.
template <class F>
Series sampled(std::string name, double low, double high, int steps, const F& f) {
    Series series{.name = std::move(name)};
    for (int i = 0; i <= steps; ++i) {
        series.x.push_back(low + (high - low) * i / steps);
        series.y.push_back(f(series.x.back()));
    }
    return series;
}

// Where a function that falls and then rises is lowest, by ternary search.
template <class F>
double lowest(double low, double high, const F& f) {
    for (int i = 0; i < 200; ++i) {
        const double a = low + (high - low) / 3, b = high - (high - low) / 3;
        (f(a) < f(b) ? high : low) = f(a) < f(b) ? b : a;
    }
    return (low + high) / 2;
}

}  // namespace

void bend_a_line(Report& report) {
    report.section("What a bend is for");
    // [xor]
    const auto relu = [](double z) { return activate(Activation::relu, z); };
    const auto network = [&](double a, double b) { return relu(a + b) - 2 * relu(a + b - 1); };
    // [xor]
    std::string outputs;
    for (const auto& [a, b] : {std::array{0, 0}, {0, 1}, {1, 0}, {1, 1}})
        outputs += fmt::format("{}{}", outputs.empty() ? "" : " ", network(a, b));
    report.value("xor", "outputs of two bent lines for 00, 01, 10, 11", outputs);
}

void show_functions(Report& report) {
    report.section("The functions and their slopes");
    for (const Activation kind : all_activations)
        for (const int x : {-2, 2}) {
            const std::string key = fmt::format("{}.{}{}", name(kind), x < 0 ? "minus" : "plus", std::abs(x));
            report.value(key, fmt::format("{} at {}", name(kind), x), activate(kind, double(x)), Unit::plain,
                         6);
            report.value(key + ".slope", "its slope there", slope(kind, x), Unit::plain, 6);
        }

    // Where gelu and silu turn, and how far gelu's approximation strays from it.
    for (const Activation kind : {Activation::gelu, Activation::silu}) {
        const double x = lowest(-3, 0, [&](double at) { return activate(kind, at); });
        report.value(fmt::format("{}.turns", name(kind)), fmt::format("{} is lowest at", name(kind)), x,
                     Unit::plain, 4);
        report.value(fmt::format("{}.lowest", name(kind)), "and is there", activate(kind, x), Unit::plain, 4);
    }
    double largest = 0;
    for (double x = -8; x <= 8; x += 1.0 / 1024)
        largest =
            std::max(largest, std::fabs(activate(Activation::gelu, x) - activate(Activation::gelu_tanh, x)));
    report.value("gelu_tanh.error", "largest difference of gelu and its tanh form", largest, Unit::plain, 6);

    LinePlot values{.title = "Six ways to bend a line",
                    .x = {.label = "x"},
                    .y = {.label = "f(x)", .low = -1.2, .high = 3},
                    .description = "ReLU, leaky ReLU, sigmoid, tanh, GELU and SiLU between -4 and 4."};
    LinePlot slopes{
        .title = "Their slopes: what a gradient is multiplied by on its way back",
        .x = {.label = "x"},
        .y = {.label = "f'(x)", .low = -0.2, .high = 1.2},
        .description = "The derivatives of the six functions. The sigmoid's never exceeds a quarter."};
    for (const Activation kind : curves) {
        const std::string label(name(kind));
        values.series.push_back(sampled(label, -4, 4, 160, [&](double x) { return activate(kind, x); }));
        slopes.series.push_back(sampled(label, -4, 4, 160, [&](double x) { return slope(kind, x); }));
    }
    report.figure("functions", values);
    report.figure("slopes", slopes);
}

void show_softmax(Report& report) {
    report.section("Softmax of three numbers");
    using Vector = xt::xtensor<double, 1>;
    using Matrix = xt::xtensor<double, 2>;
    // [softmax_by_formula]
    const Vector x = {2, 1, 0};
    const Vector e = xt::exp(x - 2.0);  // less the largest: nothing overflows, and the quotients are the same
    const double sum = xt::sum(e)();
    const Vector y = e / sum;
    const Matrix jacobian = xt::diag(y) - xt::linalg::outer(y, y);
    // [softmax_by_formula]
    for (std::size_t i = 0; i < 3; ++i) {
        report.value(fmt::format("softmax.y{}", i), fmt::format("probability {}", i), y(i), Unit::plain, 4);
        for (std::size_t j = 0; j < 3; ++j)
            report.value(fmt::format("softmax.j{}{}", i, j),
                         fmt::format("slope of probability {} by logit {}", i, j), jacobian(i, j),
                         Unit::plain, 4);
    }
    const Vector cold = xt::exp((x - 2.0) / 0.25), warm = xt::exp((x - 2.0) / 4.0);
    report.value("softmax.cold", "largest probability at temperature 1/4", cold(0) / xt::sum(cold)(),
                 Unit::plain, 4);
    report.value("softmax.warm", "largest probability at temperature 4", warm(0) / xt::sum(warm)(),
                 Unit::plain, 4);
}

void run_the_documents(Report& report) {
    report.section("What the documents say, run");
    report.value("documents.sigmoid", "sigmoid(2)", sigmoid(2.0), Unit::plain, 6);
    report.value("documents.series", "1 - e^-2", 1 - std::exp(-2.0), Unit::plain, 6);
    report.value("documents.sigmoid_slope", "slope of the sigmoid where it is 0.9", 0.9 * (1 - 0.9),
                 Unit::plain, 6);

    // D0's network: three inputs, a ReLU unit, a sigmoid output; the page gives the weights.
    // [d0_step]
    const std::array<double, 3> x = {1, 2, 3}, w1 = {0.1, 0.2, 0.3};
    const double b1 = 0.1, w2 = 0.4, b2 = -0.6, truth = 1, rate = 0.1;
    const auto loss = [&](const std::array<double, 3>& w, double b) {
        const double z1 = w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b, a1 = activate(Activation::relu, z1);
        return -std::log(sigmoid(w2 * a1 + b2));  // the truth is 1
    };
    // One step of the hidden unit's weights, with the error term that a derivative of the bend gives.
    const auto step = [&](double bend, double& delta1) {
        const double z1 = w1[0] * x[0] + w1[1] * x[1] + w1[2] * x[2] + b1,
                     a1 = activate(Activation::relu, z1);
        const double delta2 = sigmoid(w2 * a1 + b2) - truth;
        delta1 = delta2 * w2 * bend;
        return loss(
            {w1[0] - rate * delta1 * x[0], w1[1] - rate * delta1 * x[1], w1[2] - rate * delta1 * x[2]},
            b1 - rate * delta1);
    };
    // [d0_step]
    const double z1 = 1.5, a1 = 1.5;
    report.value("d0.loss", "loss of D0's network before a step", loss(w1, b1), Unit::plain, 6);
    const auto try_bend = [&](const std::string& key, const std::string& label, double bend) {
        double delta1;
        const double after = step(bend, delta1);
        report.value(key + ".slope", label, bend, Unit::plain, 4);
        report.value(key + ".delta", "the hidden unit's error term with it", delta1, Unit::plain, 4);
        report.value(key + ".loss", "loss after one step of that unit", after, Unit::plain, 6);
    };
    try_bend("d0.right", "slope of ReLU at 1.5", slope(Activation::relu, z1));
    try_bend("d0.printed", "what D0 prints for it, 1 - a", 1 - a1);
    try_bend("d0.program", "what its program computes, the sigmoid's slope", slope(Activation::sigmoid, z1));
    const double h = 1e-6, moved = (loss(w1, b1 + h) - loss(w1, b1 - h)) / (2 * h);
    report.value("d0.difference", "the error term by central differences", moved, Unit::plain, 4);

    report.figure(
        "d0_slopes",
        LinePlot{
            .title = "The slope of ReLU: the right one, D0's formula, D0's program",
            .x = {.label = "z"},
            .y = {.label = "slope", .low = -2, .high = 1.5},
            .series = {sampled("right", -3, 3, 120, [](double z) { return slope(Activation::relu, z); }),
                       sampled("D0's formula: 1 - a", -3, 3, 120,
                               [](double z) { return 1 - activate(Activation::relu, z); }),
                       sampled("D0's program: sigmoid's", -3, 3, 120,
                               [](double z) { return slope(Activation::sigmoid, z); })},
            .description =
                "The right slope is 0 to the left of 0 and 1 to its right. D0's formula is 1 to the left, "
                "falls to the right and is negative beyond 1; its program has a low bell."});
}

}  // namespace kbk
