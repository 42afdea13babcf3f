/// @file
/// The functions in float: where their formulas break, how exact a fast exponential is, and how fast.
#include <bit>
#include <chrono>
#include <cmath>
#include <numeric>

#include "chapters/01_activations/experiments.hpp"
#include "common/base/philox.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/activation/vector_math.hpp"
#include "kernels/softmax/softmax.hpp"

namespace kbk {

namespace {

std::string text(float value) {
    return std::isnan(value) ? "nan" : fmt::format("{:.4g}", value);
}

// The formulas as the documents print them.
// [as_printed]
float sigmoid_as_printed(float x) {
    return 1 / (1 + std::exp(-x));
}
float sigmoid_other_form(float x) {
    return std::exp(x) / (1 + std::exp(x));
}
float tanh_as_printed(float x) {
    return (std::exp(x) - std::exp(-x)) / (std::exp(x) + std::exp(-x));
}
// [as_printed]

// The smallest float from which on a rising function is 1.
template <class F>
float reaches_one(const F& f) {
    std::uint32_t low = std::bit_cast<std::uint32_t>(0.0f), high = std::bit_cast<std::uint32_t>(100.0f);
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (f(std::bit_cast<float>(middle)) == 1)
            high = middle;
        else
            low = middle + 1;
    }
    return std::bit_cast<float>(low);
}

float by_rung(const char* rung, float logit) {
    const float x[2] = {logit, 0};
    float y[2];
    softmax().rung(rung).run({x, y, 1, 2}, scratch(Device::cpu));
    return y[0];
}

// [series]
// e^x by the kernel's recipe with any number of terms, in any precision.
template <class T>
T exponential_by_series(T x, int degree) {
    const T n = std::nearbyint(x * T(1.4426950408889634));
    const T r = std::fma(n, T(2.12194440054690583e-4), std::fma(-n, T(0.693359375), x));
    T sum = 1;
    for (int k = degree; k > 0; --k) sum = T(1) + sum * r / T(k);  // 1 + r (1 + r/2 (1 + r/3 (...)))
    return std::ldexp(sum, int(n));
}
// [series]

// Distance of a float from the truth in units of its last place.
double ulps(double found, double truth) {
    return std::fabs(found - truth) / std::ldexp(1.0, std::ilogb(float(truth)) - 23);
}

// The worst distance over a grid of floats.
template <class F>
double worst_ulps(const F& f) {
    double worst = 0;
    for (int i = -8700; i <= 8800; ++i) {
        const float x = float(i) * 0.01f;
        worst = std::max(worst, ulps(double(f(x)), std::exp(double(x))));
    }
    return worst;
}

// Seconds of a rung, as the fastest of several runs: the others were disturbed.
template <class P>
double seconds(const Rung<void(const P&, Scratch&)>& rung, const P& p) {
    double fastest = 1e9;
    for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        rung.run(p, scratch(Device::cpu));
        fastest = std::min(fastest,
                           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return fastest;
}

}  // namespace

void leave_the_range(Report& report) {
    report.section("Where the printed formulas leave the range of float");
    report.value("range.sigmoid_other", "e^x / (1 + e^x) at 89", text(sigmoid_other_form(89)));
    report.value("range.sigmoid", "the stable sigmoid at 89", text(sigmoid(89.0f)));
    report.value("range.sigmoid_printed", "1 / (1 + e^-x) at -89", text(sigmoid_as_printed(-89)));
    report.value("range.sigmoid_tail", "the stable sigmoid at -89", text(sigmoid(-89.0f)));
    report.value("range.log_printed", "logarithm of the first", text(std::log(sigmoid_as_printed(-89))));
    report.value("range.log_tail", "logarithm of the second", text(std::log(sigmoid(-89.0f))));
    report.value("range.tanh_printed", "the printed tanh at 89", text(tanh_as_printed(89)));
    report.value("range.tanh", "the library's tanh at 89", text(activate(Activation::tanh, 89.0f)));
    report.value("range.softmax_naive", "softmax(89, 0) as the definition says",
                 text(by_rung("cpu/naive", 89)));
    report.value("range.softmax_stable", "softmax(89, 0), shifted", text(by_rung("cpu/stable", 89)));
    report.value("range.sigmoid_one", "from here on sigmoid is 1 in float",
                 reaches_one([](float x) { return sigmoid(x); }), Unit::plain, 2);
    report.value("range.tanh_one", "from here on tanh is 1 in float",
                 reaches_one([](float x) { return std::tanh(x); }), Unit::plain, 2);
}

void build_an_exponential(Report& report) {
    report.section("An exponential of one's own");
    LinePlot plot{
        .title = "How many terms an exponential needs",
        .x = {.label = "terms after the 1"},
        .y = {.label = "worst error, in units of float's last place", .scale = Scale::log10},
        .description =
            "Each term makes the error some ten times smaller, until float's own rounding is all that "
            "is left, at the seventh."};
    Series in_double{.name = "the series alone (double)", .mark = Mark::line_and_points, .dashed = true},
        in_float{.name = "computed in float", .mark = Mark::line_and_points};
    for (int degree = 2; degree <= 10; ++degree) {
        in_double.x.push_back(degree);
        in_double.y.push_back(worst_ulps([&](float x) { return exponential_by_series(double(x), degree); }));
        in_float.x.push_back(degree);
        in_float.y.push_back(worst_ulps([&](float x) { return exponential_by_series(x, degree); }));
    }
    report.value("ulps.degree5", "worst error with 5 terms, in units of the last place", in_float.y[3],
                 Unit::plain, 0);
    report.value("ulps.series7", "worst error of 7 terms alone", in_double.y[5], Unit::plain, 2);
    plot.series = {in_double, in_float};
    report.figure("terms", plot);

    const auto check = [&](const char* key, const char* label, const auto& f) {
        report.value(key, label, worst_ulps(f), Unit::plain, 1);
    };
    check("ulps.kernel", "worst error of the kernels' exponential",
          [](float x) { return cpu::exponential(cpu::Vector(x)).get(0); });
    check("ulps.xsimd", "worst error of xsimd's", [](float x) { return xsimd::exp(cpu::Vector(x)).get(0); });
    check("ulps.library", "worst error of the C library's", [](float x) { return std::exp(x); });
}

void compare_speed(Report& report) {
    report.section("The naive and the fast way");
    constexpr std::int64_t rows = 4096, columns = 1024;
    std::vector<float> x(rows * columns), y(x.size());
    Philox(1, stream_id("speed")).fill_uniform(x, -4, 4);
    for (const Activation kind : {Activation::relu, Activation::gelu}) {
        const ActivationForward p{kind, x.data(), y.data(), rows * columns};
        const double naive = seconds(activation().rung("cpu/naive"), p),
                     best = seconds(activation().best(Device::cpu, p), p);
        report.seconds(fmt::format("speed.{}.naive", name(kind)),
                       fmt::format("{} of (4096, 1024), naive", name(kind)), naive);
        report.seconds(fmt::format("speed.{}.best", name(kind)), "the best rung", best);
        report.measured(fmt::format("speed.{}.gain", name(kind)), "gain", naive / best, Unit::ratio);
    }
    const Softmax p{x.data(), y.data(), rows, columns};
    const double naive = seconds(softmax().rung("cpu/stable"), p),
                 best = seconds(softmax().best(Device::cpu, p), p);
    report.seconds("speed.softmax.stable", "softmax of its rows, the stable rung", naive);
    report.seconds("speed.softmax.best", "the best rung", best);
    report.measured("speed.softmax.gain", "gain", naive / best, Unit::ratio);
}

}  // namespace kbk
