/// @file
/// Chapter 4: gradient descent, momentum, Adagrad, RMSProp, Adam. The program reads from top to bottom as the
/// chapter does.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "chapters/04_gradient_descent_vs_adam/classifier.hpp"
#include "chapters/04_gradient_descent_vs_adam/walk.hpp"
#include "common/app/app.hpp"
#include "common/base/philox.hpp"
#include "common/nn/schedule.hpp"
#include "common/report/figure.hpp"

using namespace kbk;

namespace {

// ---------------------------------------------------------------------------------------------------------------
// One parameter: D3's parabola and D2's line.

void parabola(Report& report) {
    report.section("D3's parabola: J = (theta - 1)^2");
    // [parabola]
    double theta = 2;
    for (int step = 0; step <= 3; ++step) {
        const double slope = 2 * (theta - 1);
        report.value(fmt::format("parabola.theta{}", step), fmt::format("theta after {} steps", step), theta,
                     Unit::plain, 6);
        report.value(fmt::format("parabola.J{}", step), "J", (theta - 1) * (theta - 1), Unit::plain, 6);
        report.value(fmt::format("parabola.slope{}", step), "its slope", slope, Unit::plain, 6);
        theta -= 0.1 * slope;
    }
    // [parabola]

    // The distance from the minimum is multiplied by 1 - 2 rate in each step.
    std::vector<Series> series;
    for (const double rate : {0.1, 0.45, 0.9, 1.0, 1.05}) {
        series.push_back({.name = fmt::format("{}", rate), .mark = Mark::line_and_points});
        double at = 2;
        for (int step = 0; step <= 20; ++step) {
            series.back().x.push_back(step);
            series.back().y.push_back(at);
            at -= rate * 2 * (at - 1);
        }
    }
    report.figure(
        "rates", LinePlot{.title = "Five learning rates on the parabola",
                          .x = {.label = "step"},
                          .y = {.label = "theta; the minimum is at 1", .low = -2, .high = 4},
                          .series = series,
                          .description =
                              "The rate 0.1 comes down slowly, 0.45 at once; 0.9 leaps from side to side and "
                              "comes nearer, 1 leaps between two places for ever, 1.05 leaves."});
}

void line_through_points(Report& report) {
    report.section("D2's line: predictions w x");
    const double y[] = {2.5, 3.0, 2.8}, predicted[] = {2.0, 2.1, 2.6};
    for (const double w : {1.0, 2.0}) {
        // [line]
        // D2 gives the predictions, but neither w nor x: for an assumed w the inputs follow.
        double x[3], gradient = 0;
        for (int i = 0; i < 3; ++i) {
            x[i] = predicted[i] / w;
            gradient += -2.0 / 3 * (y[i] - predicted[i]) * x[i];
        }
        const auto loss = [&](double weight) {
            double sum = 0;
            for (int i = 0; i < 3; ++i) sum += (y[i] - weight * x[i]) * (y[i] - weight * x[i]) / 3;
            return sum;
        };
        const double after = w - 0.01 * gradient, as_printed = w - 0.01 * 3.2;
        // [line]
        double xy = 0, xx = 0;
        for (int i = 0; i < 3; ++i) xy += x[i] * y[i], xx += x[i] * x[i];
        const auto value = [&](const char* name, const char* label, double v) {
            report.value(fmt::format("line{}.{}", w, name), fmt::format("w = {}: {}", w, label), v,
                         Unit::plain, 6);
        };
        value("loss", "J", loss(w));
        value("gradient", "its slope (D2: 3.2)", gradient);
        value("w_after", "w after a step of 0.01", after);
        value("loss_after", "J after the step", loss(after));
        value("loss_printed", "J after a step by D2's 3.2", loss(as_printed));
        value("minimum", "where J is least", xy / xx);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Surfaces of two parameters.

// [surfaces]
// A valley 25 times as steep across as along: its minimum is at (0, 0).
const Surface valley = {[](Pair p) { return (p.x * p.x + 25 * p.y * p.y) / 2; },
                        [](Pair p) {
                            return Pair{p.x, 25 * p.y};
                        }};

// Rosenbrock's banana: a flat, bent valley with its minimum at (1, 1).
const Surface banana = {[](Pair p) { return std::pow(1 - p.x, 2) + 100 * std::pow(p.y - p.x * p.x, 2); },
                        [](Pair p) {
                            const double across = p.y - p.x * p.x;
                            return Pair{-2 * (1 - p.x) - 400 * p.x * across, 200 * across};
                        }};

// A saddle at (0, 0), with minima at (0, 1) and (0, -1).
const Surface saddle = {[](Pair p) { return (p.x * p.x - p.y * p.y) / 2 + std::pow(p.y, 4) / 4; },
                        [](Pair p) {
                            return Pair{p.x, -p.y + std::pow(p.y, 3)};
                        }};
// [surfaces]

Series trail(const Walker& walker, const std::vector<Pair>& path, Mark mark = Mark::line_and_points) {
    Series series{.name = walker.name, .mark = mark};
    for (const Pair& p : path) {
        series.x.push_back(p.x);
        series.y.push_back(p.y);
    }
    return series;
}

// The first step after which the surface is below a height, or -1.
int steps_to(const Surface& surface, const std::vector<Pair>& path, double height) {
    for (std::size_t i = 0; i < path.size(); ++i)
        if (surface.height(path[i]) < height) return static_cast<int>(i);
    return -1;
}

std::vector<double> powers(double first, double ratio, int count) {
    std::vector<double> levels;
    for (double level = first; count-- > 0; level *= ratio) levels.push_back(level);
    return levels;
}

void cross_the_valley(Report& report) {
    report.section("A valley");
    const Pair start = {-4, 1};
    const struct {
        const char* key;
        Walker walker;
    } walkers[] = {{"sgd", {"gradient descent 0.07", descent(0.07)}},
                   {"momentum", {"momentum 0.8, rate 0.03", descent(0.03, 0.8)}},
                   {"nesterov", {"Nesterov 0.8, rate 0.03", descent(0.03, 0.8, true)}},
                   {"adagrad", {"Adagrad 1", adagrad_steps(1)}},
                   {"rmsprop", {"RMSProp 0.2", rmsprop_steps(0.2)}},
                   {"adam", {"Adam 0.4", adam_steps(0.4)}}};
    std::vector<Series> with_momentum, scaled;
    for (const auto& [key, walker] : walkers) {
        const auto path = walk(valley, walker.step, start, 400);
        report.value(fmt::format("valley.{}", key),
                     fmt::format("{}: steps until the height is below 0.001", walker.name),
                     steps_to(valley, path, 1e-3));
        const std::vector<Pair> begin(path.begin(), path.begin() + 41);
        (with_momentum.size() < 3 ? with_momentum : scaled).push_back(trail(walker, begin));
    }
    const ContourPlot plot{.x = {.label = "x", .low = -4.6, .high = 1.6},
                           .y = {.label = "y", .low = -1.3, .high = 1.3},
                           .height =
                               [](double x, double y) {
                                   return valley.height({x, y});
                               },
                           .levels = powers(0.05, 2, 10),
                           .places = {{0, 0, "minimum"}}};
    ContourPlot first = plot, second = plot;
    first.title = "Forty steps in a valley: momentum";
    first.series = with_momentum;
    first.description =
        "Gradient descent leaps across the valley and creeps along it; momentum swings wide and comes along "
        "faster; Nesterov's swings less.";
    report.figure("valley", first);
    second.title = "Forty steps in a valley: a rate for each direction";
    second.series = scaled;
    second.description =
        "Adagrad, RMSProp and Adam start along the diagonal, since they take steps of equal length in both "
        "directions, and turn towards the minimum.";
    report.figure("valley_scaled", second);
}

void walk_the_banana(Report& report) {
    report.section("Rosenbrock's banana");
    const struct {
        const char* key;
        Walker walker;
    } walkers[] = {{"sgd", {"gradient descent 0.001", descent(0.001)}},
                   {"momentum", {"momentum 0.9, rate 0.0005", descent(0.0005, 0.9)}},
                   {"rmsprop", {"RMSProp 0.01", rmsprop_steps(0.01)}},
                   {"adam", {"Adam 0.1", adam_steps(0.1)}}};
    std::vector<Series> series;
    for (const auto& [key, walker] : walkers) {
        const auto path = walk(banana, walker.step, {-1.2, 1}, 20000);
        report.value(fmt::format("banana.{}", key),
                     fmt::format("{}: steps until the height is below 0.001", walker.name),
                     steps_to(banana, path, 1e-3));
        series.push_back(trail(walker, {path.begin(), path.begin() + 301}, Mark::line));
    }
    report.figure(
        "banana",
        ContourPlot{.title = "Three hundred steps on Rosenbrock's banana",
                    .x = {.label = "x", .low = -1.8, .high = 1.8},
                    .y = {.label = "y", .low = -0.6, .high = 2.4},
                    .height =
                        [](double x, double y) {
                            return banana.height({x, y});
                        },
                    .levels = powers(2, 2, 9),
                    .series = series,
                    .places = {{1, 1, "minimum"}},
                    .description = "All fall into the bent valley at once. Along it gradient descent hardly "
                                   "moves; momentum and Adam come to the minimum."});
}

void leave_the_saddle(Report& report) {
    report.section("A saddle");
    const struct {
        const char* key;
        Walker walker;
    } walkers[] = {{"sgd", {"gradient descent 0.1", descent(0.1)}},
                   {"momentum", {"momentum 0.9, rate 0.1", descent(0.1, 0.9)}},
                   {"rmsprop", {"RMSProp 0.05", rmsprop_steps(0.05)}},
                   {"adam", {"Adam 0.1", adam_steps(0.1)}}};
    std::vector<Series> series;
    for (const auto& [key, walker] : walkers) {
        const auto path = walk(saddle, walker.step, {-1.5, 1e-3}, 200);
        report.value(fmt::format("saddle.{}", key), fmt::format("{}: steps until it has left", walker.name),
                     steps_to(saddle, path, -0.1));
        series.push_back(trail(walker, {path.begin(), path.begin() + 101}));
    }
    report.figure(
        "saddle",
        ContourPlot{.title = "A hundred steps from the ridge of a saddle",
                    .x = {.label = "x", .low = -1.8, .high = 1.8},
                    .y = {.label = "y", .low = -1.5, .high = 1.5},
                    .height =
                        [](double x, double y) {
                            return saddle.height({x, y});
                        },
                    .levels = {-0.2, -0.1, 0, 0.1, 0.25, 0.5, 0.75, 1, 1.5},
                    .series = series,
                    .places = {{0, 0, "saddle"}, {0, 1, "minimum"}, {0, -1, "minimum"}},
                    .description =
                        "Gradient descent walks to the saddle and waits there; RMSProp and Adam, whose "
                        "steps do not shrink with the gradient, leave at once."});
}

// ---------------------------------------------------------------------------------------------------------------
// Noise: a line through points, from samples.

// [samples]
constexpr int samples = 64;

// Points near the line 2 x - 1.
struct Sample {
    double x, y;
};

std::vector<Sample> points_near_a_line() {
    std::vector<float> noise(samples);
    Philox(4, stream_id("noise")).fill_normal(noise, 0, 0.5f);
    std::vector<Sample> points;
    for (int i = 0; i < samples; ++i) {
        const double x = 2.0 * (i + 0.5) / samples - 1;
        points.push_back({x, 2 * x - 1 + double(noise[std::size_t(i)])});
    }
    return points;
}

// The gradient of half the mean squared error of slope w.x and height w.y, over some of the points.
Pair line_gradient(const std::vector<Sample>& points, Pair w, std::span<const std::int32_t> which) {
    Pair sum{0, 0};
    for (const std::int32_t i : which) {
        const Sample& p = points[std::size_t(i)];
        const double error = w.x * p.x + w.y - p.y;
        sum.x += error * p.x / double(which.size());
        sum.y += error / double(which.size());
    }
    return sum;
}
// [samples]

double line_loss(const std::vector<Sample>& points, Pair w) {
    double sum = 0;
    for (const Sample& p : points) sum += std::pow(w.x * p.x + w.y - p.y, 2) / (2 * samples);
    return sum;
}

// Walk with batches of so many points, drawn epoch by epoch; the rate may follow a schedule.
std::vector<Pair> walk_with_batches(const std::vector<Sample>& points, int batch, int steps,
                                    const Schedule& schedule) {
    std::vector<std::int32_t> order(samples);
    std::vector<Pair> path{{-1, 1.5}};
    for (int t = 0; t < steps; ++t) {
        const int per_epoch = samples / batch, place = t % per_epoch;
        if (place == 0) {
            for (int i = 0; i < samples; ++i) order[std::size_t(i)] = i;
            Philox(1, stream_id("order", std::uint64_t(t / per_epoch))).shuffle(std::span(order));
        }
        const Pair w = path.back();
        const Pair g = line_gradient(
            points, w, std::span(order).subspan(std::size_t(place * batch), std::size_t(batch)));
        const double rate = schedule(t);
        path.push_back({w.x - rate * g.x, w.y - rate * g.y});
    }
    return path;
}

// Root mean square distance from a place over the last steps of a walk.
double distance_at_end(const std::vector<Pair>& path, Pair from, int last) {
    double sum = 0;
    for (std::size_t i = path.size() - std::size_t(last); i < path.size(); ++i)
        sum += std::pow(path[i].x - from.x, 2) + std::pow(path[i].y - from.y, 2);
    return std::sqrt(sum / last);
}

void learn_from_samples(Report& report) {
    report.section("Samples");
    const auto points = points_near_a_line();
    // The minimum, by the normal equations.
    double x = 0, y = 0, xx = 0, xy = 0;
    for (const Sample& p : points) x += p.x, y += p.y, xx += p.x * p.x, xy += p.x * p.y;
    const double slope = (samples * xy - x * y) / (samples * xx - x * x);
    const Pair minimum = {slope, (y - slope * x) / samples};
    report.value("noise.slope", "slope of the best line", minimum.x);
    report.value("noise.height", "its height", minimum.y);

    std::vector<Series> series;
    const struct {
        int batch;
        const char *key, *name;
    } kinds[] = {{1, "one", "one point a step"}, {8, "eight", "batches of 8"}, {64, "all", "all 64 points"}};
    for (const auto& [batch, key, name] : kinds) {
        const auto path = walk_with_batches(points, batch, 600, constant_rate(0.2));
        const double distance = distance_at_end(path, minimum, 200);
        report.value(fmt::format("noise.{}", key), fmt::format("{}: distance from it at the end", name),
                     distance < 1e-9 ? Scalar("below 1e-9") : Scalar(distance));
        series.push_back(trail({name, {}}, {path.begin(), path.begin() + 65}));
    }
    report.figure(
        "noise",
        ContourPlot{.title = "Sixty-four steps with gradients of samples",
                    .x = {.label = "slope", .low = -1.4, .high = 3},
                    .y = {.label = "height", .low = -2, .high = 2},
                    .height =
                        [=](double a, double b) {
                            return line_loss(points, {a, b});
                        },
                    .levels = powers(0.15, 1.5, 9),
                    .series = series,
                    .places = {{minimum.x, minimum.y, "minimum"}},
                    .description = "With all points the path is smooth. With batches of 8 it trembles a "
                                   "little. With single points it staggers about the minimum."});

    // Schedules: the noise that stays is that of the last rates.
    const int steps = 600;
    const struct {
        const char *key, *name;
        Schedule schedule;
    } schedules[] = {{"constant", "constant", constant_rate(0.2)},
                     {"step", "step decay", step_decay(0.2, 0.3, 150)},
                     {"linear", "linear decay", linear_decay(0.2, 0, steps)},
                     {"cosine", "cosine annealing", cosine_annealing(0.2, 0, steps)},
                     {"warm_up", "warm-up, then cosine", warm_up(60, cosine_annealing(0.2, 0, steps - 60))}};
    std::vector<Series> curves;
    for (const auto& [key, name, schedule] : schedules) {
        curves.push_back({.name = name});
        for (int t = 0; t < steps; t += 5) {
            curves.back().x.push_back(t);
            curves.back().y.push_back(schedule(t));
        }
        const auto path = walk_with_batches(points, 1, steps, schedule);
        report.value(fmt::format("noise.schedule.{}", key),
                     fmt::format("{}: distance at the end, single points", name),
                     distance_at_end(path, minimum, 20));
    }
    report.figure(
        "schedules",
        LinePlot{.title = "Five schedules",
                 .x = {.label = "step"},
                 .y = {.label = "learning rate"},
                 .series = curves,
                 .description = "The learning rate over the steps: constant, in steps, along a line, "
                                "along half a cosine, and that after a warm-up."});
}

// ---------------------------------------------------------------------------------------------------------------
// Adam: its bias correction, its decay, and the documents' rules.

void correct_the_bias(Report& report) {
    report.section("Bias correction");
    // Under a constant gradient of 1: what the means have of it, and the step that follows without
    // correction.
    double m = 0, v = 0;
    Series raw{.name = "without correction"}, corrected{.name = "with correction"};
    for (int t = 1; t <= 10000; ++t) {
        m = 0.9 * m + 0.1;
        v = 0.999 * v + 0.001;
        const double without = m / std::sqrt(v),
                     with = (m / (1 - std::pow(0.9, t))) / std::sqrt(v / (1 - std::pow(0.999, t)));
        if (t == 1 || t == 10 || t == 100 || t == 1000) {
            report.value(fmt::format("bias.m{}", t), fmt::format("m after {} steps", t), m, Unit::plain, 6);
            report.value(fmt::format("bias.v{}", t), "v", v, Unit::plain, 6);
            report.value(fmt::format("bias.step{}", t), "step without correction, in rates", without);
        }
        if (t < 20 || t % (t < 200 ? 5 : t < 2000 ? 50 : 500) == 0) {
            raw.x.push_back(t), raw.y.push_back(without);
            corrected.x.push_back(t), corrected.y.push_back(with);
        }
    }
    report.figure(
        "bias_correction",
        LinePlot{.title = "Adam's step under a constant gradient",
                 .x = {.label = "step", .scale = Scale::log10},
                 .y = {.label = "length of the step, in learning rates", .low = 0},
                 .series = {raw, corrected},
                 .description = "Without correction the first steps are three to seven times too long. With "
                                "correction each is one learning rate long."});
}

void decay_beside_the_gradient(Report& report) {
    report.section("Weight decay and Adam");
    // Two weights whose gradients only tremble, one a hundred times as much as the other. All that can move
    // them is the decay.
    for (const bool decoupled : {false, true}) {
        // [decay]
        double w[2] = {1, 1}, first[2] = {}, second[2] = {};
        for (int t = 1; t <= 1000; ++t) {
            const double sign = t % 2 ? 1 : -1, g[2] = {sign * 0.1, sign * 10};
            reference(BasicAdam<double>{w, g, first, second, 2, t, 0.01, 0.9, 0.999, 1e-8, 0.1, decoupled});
        }
        // [decay]
        const char* key = decoupled ? "adamw" : "l2";
        report.value(fmt::format("decay.{}.small", key),
                     fmt::format("{}: the weight with small gradients after 1000 steps",
                                 decoupled ? "AdamW" : "Adam with L2"),
                     w[0]);
        report.value(fmt::format("decay.{}.large", key), "the one with large gradients", w[1]);
    }
    report.value("decay.alone", "what decay alone leaves: (1 - 0.01 * 0.1)^1000", std::pow(1 - 0.001, 1000));
}

void run_wrong_adams(Report& report) {
    report.section("The documents' Adam, run");
    const struct {
        const char *key, *name;
        int kind;
    } rules[] = {{"right", "Adam", 0}, {"d0", "as D0 prints it", 1}, {"d4", "as D4 prints it", 2}};
    std::vector<Series> series;
    for (const auto& [key, name, kind] : rules) {
        series.push_back({.name = name, .mark = Mark::line});
        double theta = 2, m = 0, v = 0, furthest = 0;
        int overflow = 0, last_far = 0;
        for (int t = 1; t <= 10000 && overflow == 0; ++t) {
            // [wrong_adams]
            const double g = 2 * (theta - 1);
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            const double corrected_m = m / (1 - std::pow(0.9, t)), corrected_v = v / (1 - std::pow(0.999, t));
            if (kind == 0) theta -= 0.1 * corrected_m / (std::sqrt(corrected_v) + 1e-8);
            if (kind == 1) theta -= 0.1 * m / (1 - std::pow(0.999, t));              // D0: v is never used
            if (kind == 2) theta = theta - 0.1 * corrected_m + 0.999 * corrected_v;  // D4: v is added
            // [wrong_adams]
            if (!std::isfinite(theta)) overflow = t;
            furthest = std::fmax(furthest, std::fabs(theta - 1));
            if (std::fabs(theta - 1) > 1) last_far = t;
            if (t <= 3)
                report.value(fmt::format("wrong.{}.{}", key, t),
                             fmt::format("{}: theta after {} steps", name, t), theta, Unit::plain, 6);
            if (t <= 300 && std::fabs(theta - 1) < 1e40) {
                series.back().x.push_back(t);
                series.back().y.push_back(std::fabs(theta - 1));
            }
        }
        if (kind == 2) {
            report.value("wrong.d4.overflow", "D4's rule overflows in step", overflow);
            continue;
        }
        report.value(fmt::format("wrong.{}.furthest", key), "furthest from the minimum", furthest);
        report.value(fmt::format("wrong.{}.last_far", key),
                     "last step at which it is further off than at the start", last_far);
    }
    report.figure(
        "wrong_adam",
        LinePlot{
            .title = "Three rules called Adam, on the parabola",
            .x = {.label = "step"},
            .y = {.label = "distance from the minimum", .scale = Scale::log10, .low = 1e-8, .high = 1e20},
            .series = series,
            .description = "Adam comes to the minimum; D0's rule is thrown far away first; D4's "
                           "grows without bound."});
}

void chapter(const Options& options, Report& report) {
    if (options.full) return compare_on_classifier(options, report);
    parabola(report);
    line_through_points(report);
    learn_from_samples(report);
    cross_the_valley(report);
    correct_the_bias(report);
    decay_beside_the_gradient(report);
    run_wrong_adams(report);
    walk_the_banana(report);
    leave_the_saddle(report);
    compare_on_classifier(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "04_gradient_descent_vs_adam",
                        .title = "Gradient descent vs Adam",
                        .datasets = {"fashion-mnist", "mnist"}},
                       chapter);
}
