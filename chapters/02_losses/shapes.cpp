/// @file
/// The losses as curves: what they punish, where they come from, and what float makes of them.
#include <algorithm>
#include <cmath>
#include <functional>

#include "chapters/02_losses/experiments.hpp"
#include "chapters/02_losses/losses.hpp"
#include "common/base/philox.hpp"
#include "kernels/activation/activation_math.hpp"

namespace kbk {

namespace {

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

// The largest difference of a gradient and central differences, as a share of the gradient's largest element.
double gradient_error(std::vector<double> at, const std::function<Loss(const std::vector<double>&)>& f) {
    const std::vector<double> gradient = f(at).gradient;
    double error = 0, size = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        constexpr double h = 1e-5;
        const double old = at[i];
        at[i] = old + h;
        const double up = f(at).value;
        at[i] = old - h;
        error = std::max(error, std::fabs((up - f(at).value) / (2 * h) - gradient[i]));
        at[i] = old;
        size = std::max(size, std::fabs(gradient[i]));
    }
    return error / size;
}

std::string text(float value) {
    return std::isnan(value) ? "nan" : fmt::format("{:.4g}", value);
}

}  // namespace

void punish_errors(Report& report) {
    report.section("What an error costs");
    report.figure(
        "errors",
        LinePlot{
            .title = "What one error costs",
            .x = {.label = "prediction less truth"},
            .y = {.label = "loss", .low = 0, .high = 6},
            .series = {sampled("squared", -3, 3, 120, [](double e) { return e * e; }),
                       sampled("absolute", -3, 3, 120, [](double e) { return std::fabs(e); }),
                       sampled("Huber, delta 1", -3, 3, 120,
                               [](double e) { return std::fabs(e) <= 1 ? e * e / 2 : std::fabs(e) - 0.5; })},
            .description =
                "A parabola, a wedge, and a parabola that becomes two straight lines at 1 and -1."});

    // Five measurements, of which one is a slip of the pen. Which single number describes them best?
    const std::vector<double> data = {1, 2, 3, 4, 40};
    const auto best = [&](const auto& loss) {
        return lowest(0, 40, [&](double c) { return loss(std::vector<double>(data.size(), c)).value; });
    };
    // Ternary search cannot see a change below the root of the rounding error.
    report.value("outlier.squared", "number with the least squared error from 1, 2, 3, 4, 40",
                 best([&](const auto& c) { return mean_squared_error(c, data); }), Unit::plain, 3);
    report.value("outlier.absolute", "with the least absolute error",
                 best([&](const auto& c) { return mean_absolute_error(c, data); }), Unit::plain, 3);
    report.value("outlier.huber", "with the least Huber loss, delta 5",
                 best([&](const auto& c) { return huber(c, data, 5); }), Unit::plain, 3);
    const auto gradient = mean_squared_error(std::vector<double>(5, 3.0), data).gradient;
    report.value("outlier.pull", "the outlier's part of the squared error's gradient at 3", gradient[4],
                 Unit::plain, 1);
    report.value("outlier.pull_absolute", "and of the absolute error's",
                 mean_absolute_error(std::vector<double>(5, 3.0), data).gradient[4], Unit::plain, 1);
}

void toss_a_coin(Report& report) {
    report.section("A coin");
    // [coin]
    const std::vector<double> tosses = {1, 1, 1, 0, 1, 1, 0, 1, 0, 1};  // seven heads
    const auto surprise = [&](double p) {
        return binary_cross_entropy(std::vector<double>(10, p), tosses).value;
    };
    const double best = lowest(0.01, 0.99, surprise);
    // [coin]
    report.value("coin.best", "probability of heads under which 7 of 10 are least surprising", best,
                 Unit::plain, 4);
    report.value("coin.likelihood_fair", "probability of these ten tosses from a fair coin",
                 std::exp(-10 * surprise(0.5)), Unit::plain, 6);
    report.value("coin.likelihood_best", "from a coin of 0.7", std::exp(-10 * surprise(0.7)), Unit::plain, 6);
    report.value("coin.fair", "cross-entropy of a fair coin", surprise(0.5), Unit::plain, 4);
    report.value("coin.entropy", "cross-entropy of a coin of 0.7, the entropy", surprise(0.7), Unit::plain,
                 4);
    report.value("coin.divergence", "divergence of the fair coin from 0.7",
                 kl_divergence(std::vector{0.7, 0.3}, std::vector{0.5, 0.5}, 1).value, Unit::plain, 4);
    report.figure(
        "coin",
        LinePlot{.title = "Seven heads in ten tosses: how surprising, for each coin",
                 .x = {.label = "probability of heads"},
                 .y = {.label = "cross-entropy, nats a toss", .low = 0, .high = 2},
                 .series = {sampled("cross-entropy", 0.02, 0.98, 96, surprise)},
                 .rules = {{.value = surprise(0.7), .label = "entropy of 0.7"}},
                 .description = "A valley with its lowest point at 0.7, and walls without end at 0 and 1."});
    const std::vector<double> even = {0.5, 0.5}, skewed = {0.9, 0.1};
    report.value("kl.forward", "D((1/2, 1/2) || (9/10, 1/10))", kl_divergence(even, skewed, 1).value,
                 Unit::plain, 4);
    report.value("kl.backward", "D((9/10, 1/10) || (1/2, 1/2))", kl_divergence(skewed, even, 1).value,
                 Unit::plain, 4);
}

void check_gradients(Report& report) {
    report.section("All gradients against central differences");
    std::vector<double> z(12), target(12), truth(12), p(12), q(12);
    const Philox random(1, stream_id("losses"));
    for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] = 6 * double(random.uniform(i)) - 3;
        target[i] = 6 * double(random.uniform(100 + i)) - 3;
        truth[i] = double(i % 2);
        p[i] = sigmoid(z[i]);
        q[i] = sigmoid(target[i]);
    }
    const std::vector<std::int32_t> labels = {2, 0, 1};
    double worst = 0;
    using Values = std::vector<double>;
    worst =
        std::max(worst, gradient_error(z, [&](const Values& v) { return mean_squared_error(v, target); }));
    worst =
        std::max(worst, gradient_error(z, [&](const Values& v) { return mean_absolute_error(v, target); }));
    worst = std::max(worst, gradient_error(z, [&](const Values& v) { return huber(v, target, 0.75); }));
    worst =
        std::max(worst, gradient_error(p, [&](const Values& v) { return binary_cross_entropy(v, truth); }));
    worst = std::max(
        worst, gradient_error(z, [&](const Values& v) { return binary_cross_entropy_of_logits(v, truth); }));
    worst = std::max(worst, gradient_error(z, [&](const Values& v) { return cross_entropy(v, labels); }));
    worst = std::max(worst, gradient_error(q, [&](const Values& v) { return kl_divergence(p, v, 3); }));
    report.value("gradients.error", "largest error of the seven, relative",
                 worst < 1e-7 ? std::string("below 1e-7") : show(worst));
}

void saturate_a_unit(Report& report) {
    report.section("A unit that is sure and wrong");
    const auto squared = [](double z) { return (1 - sigmoid(z)) * (1 - sigmoid(z)); };
    const auto squared_slope = [](double z) { return 2 * (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z)); };
    const auto entropy = [](double z) {
        return binary_cross_entropy_of_logits(std::vector{z}, std::vector{1.0}).value;
    };
    const auto entropy_slope = [](double z) { return sigmoid(z) - 1; };
    report.value("saturated.p", "its probability of the truth, at a logit of -6", sigmoid(-6.0), Unit::plain,
                 5);
    report.value("saturated.squared", "gradient of the squared error by the logit", squared_slope(-6),
                 Unit::plain, 5);
    report.value("saturated.entropy", "gradient of the cross-entropy by the logit", entropy_slope(-6),
                 Unit::plain, 5);
    report.value("saturated.ratio", "the second over the first", entropy_slope(-6) / squared_slope(-6),
                 Unit::plain, 0);
    report.figure(
        "unit",
        LinePlot{.title = "The loss of a unit whose truth is 1",
                 .x = {.label = "logit"},
                 .y = {.label = "loss", .low = 0, .high = 8},
                 .series = {sampled("cross-entropy", -8, 8, 160, entropy),
                            sampled("squared error", -8, 8, 160, squared)},
                 .description = "To the left the cross-entropy rises as a straight line, the squared error "
                                "levels off at 1."});
    report.figure(
        "unit_slopes",
        LinePlot{.title = "Its gradient by the logit",
                 .x = {.label = "logit"},
                 .y = {.label = "gradient", .low = -1.2, .high = 0.2},
                 .series = {sampled("cross-entropy", -8, 8, 160, entropy_slope),
                            sampled("squared error", -8, 8, 160, squared_slope)},
                 .description = "The cross-entropy's gradient goes from -1 to 0. The squared error's "
                                "is 0 at both ends and has a dip of -0.3 in between."});
}

void leave_the_range(Report& report) {
    report.section("From probabilities and from logits, in float");
    // [from_probability]
    const auto from_probability = [](float z) { return -std::log(1 - sigmoid(z)); };  // the truth is 0
    const auto from_logit = [](float z) { return std::max(z, 0.0f) + std::log1p(std::exp(-std::fabs(z))); };
    // [from_probability]
    for (const int z : {5, 15, 20}) {
        report.value(fmt::format("range.probability{}", z),
                     fmt::format("loss of the logit {}, through its probability", z),
                     text(from_probability(float(z))));
        report.value(fmt::format("range.logit{}", z), "and from the logit itself",
                     text(from_logit(float(z))));
    }
    report.figure(
        "through_probabilities",
        LinePlot{
            .title = "A sure and wrong answer, as float sees it",
            .x = {.label = "logit, where the truth is 0"},
            .y = {.label = "loss", .low = 13, .high = 18},
            .series = {sampled("from the logit", 13, 18, 500, [&](double z) { return from_logit(float(z)); }),
                       sampled("through the probability", 13, 18, 500,
                               [&](double z) { return from_probability(float(z)); })},
            .description = "The loss from the logit is a straight line. Through the probability it becomes a "
                           "staircase of ever higher steps, which ends below 17."});

    const float x[2] = {1000, 999};
    report.value("lse.naive", "log(e^1000 + e^999) as written",
                 text(std::log(std::exp(x[0]) + std::exp(x[1]))));
    report.value("lse.stable", "with the largest taken out",
                 fmt::format("{:.7g}", x[0] + std::log1p(std::exp(x[1] - x[0]))));
}

}  // namespace kbk
