#include "chapters/07_mlp/programs.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>

#include "chapters/07_mlp/mlp.hpp"
#include "common/nn/trainer.hpp"
#include "common/report/figure.hpp"
#include "common/report/report.hpp"

namespace kbk {

namespace {

/// What a document trains.
struct Program {
    std::string key, title;
    std::vector<std::int64_t> sizes;
    Initial initial;
    float low, high;  // pixel range
    bool adam;
    double rate, momentum;  // as printed
    std::int64_t batch;
    int epochs;
    double claim;               // test accuracy; NaN: none
    std::vector<double> rates;  // to choose from, beside the printed one
};

// [programs]
const std::vector<Program>& programs() {
    static const std::vector<Program> all = {
        {"d1",
         "D1's program: 784-512-256-128-10, SGD 0.001, momentum 0.9, batch 100, 10 epochs",
         {784, 512, 256, 128, 10},
         Initial::pytorch,
         -1,
         1,
         false,
         0.001,
         0.9,
         100,
         10,
         0.980,
         {0.003, 0.01, 0.03, 0.1}},
        {"d1case",
         "D1's case in prose: 784-64-64-10, gradient descent 0.01, batch 100, 10 epochs",
         {784, 64, 64, 10},
         Initial::pytorch,
         -1,
         1,
         false,
         0.01,
         0,
         100,
         10,
         0.98,
         {0.03, 0.1, 0.3, 1}},
        {"d3",
         "D3's program, its shape mended: 784-128-10, Adam 0.001, batch 128, 15 epochs",
         {784, 128, 10},
         Initial::keras,
         0,
         1,
         true,
         0.001,
         0,
         128,
         15,
         std::nan(""),
         {}},
    };
    return all;
}
// [programs]

/// What one training gave.
struct Outcome {
    double rate;
    std::vector<Epoch> curve;
    Score test;
};

Outcome run(const Program& program, double rate, std::uint64_t seed, const Pictures& training,
            const Pictures& test, const Options& options, Report& report) {
    report.text("rate {}, seed {}", rate, seed);
    const std::string run_name = fmt::format("07_mlp {} rate {} seed {}", program.key, rate, seed);
    Mlp<float> model(program.sizes, program.initial, seed, options.device);
    std::unique_ptr<Optimizer> optimizer;
    if (program.adam)
        optimizer = std::make_unique<AdamOptimizer>(model.parameters(), rate, 0.9, 0.999, 1e-7);
    else
        optimizer = std::make_unique<SgdOptimizer>(model.parameters(), rate, program.momentum);
    const auto folder = options.checkpoints / fmt::format("{}-rate-{}-seed-{}", program.key, rate, seed);
    Trainer trainer(model, *optimizer,
                    {.epochs = program.epochs,
                     .batch = program.batch,
                     .seed = seed,
                     .run = run_name,
                     .checkpoints = folder,
                     .resume = options.resume && std::filesystem::exists(folder)});
    const Split parts = split(training.rows.shape(0), 5000, options.seed);
    const auto curve = trainer.fit(Examples(training.rows, training.raw.labels, parts.training),
                                   Examples(training.rows, training.raw.labels, parts.validation));
    return {rate, curve, trainer.evaluate(Examples(test.rows, test.raw.labels))};
}

// D1's losses as printed beside those of a run.
void draw_losses(Report& report, const std::vector<Epoch>& curve) {
    const std::vector<double> printed = {0.6965587171875,      0.393561015625,       0.27257462125146484,
                                         0.20061092544677734,  0.14846579357910156,  0.1079069068334961,
                                         0.075423551302490234, 0.053402819126831055, 0.03774904129523925,
                                         0.027102874965576172};
    std::vector<double> epoch(printed.size()), measured;
    std::iota(epoch.begin(), epoch.end(), 1.0);
    for (const Epoch& e : curve) measured.push_back(e.training.loss);
    report.figure(
        "d1_losses",
        LinePlot{
            .title = "D1's program: the losses it prints, and those it gives",
            .x = {.label = "epoch"},
            .y = {.label = "mean training loss", .scale = Scale::log10},
            .series = {{.name = "printed", .x = epoch, .y = printed, .dashed = true},
                       {.name = "measured", .x = epoch, .y = measured, .mark = Mark::line_and_points}},
            .description = "The losses that D1 prints fall to 0.027; those of its program stay above 0.2."});
}

// Test accuracy of one rate over its seeds.
void report_test(Report& report, const std::string& prefix, std::span<const Outcome> seeds) {
    double sum = 0, lowest = 1, highest = 0;
    for (const Outcome& o : seeds) {
        sum += o.test.accuracy;
        lowest = std::min(lowest, o.test.accuracy);
        highest = std::max(highest, o.test.accuracy);
    }
    report.headline(prefix + "test_accuracy", "test accuracy, mean of three seeds",
                    sum / double(seeds.size()), Unit::percent, 2);
    report.value(prefix + "test_lowest", "lowest of the three", lowest, Unit::percent, 2);
    report.value(prefix + "test_highest", "highest of the three", highest, Unit::percent, 2);
}

}  // namespace

void reproduce_programs(const Options& options, Report& report) {
    const std::string dataset = options.dataset.empty() ? "mnist" : options.dataset;
    for (const Program& program : programs()) {
        report.section(program.title);
        ImageData data = load_images(dataset, options.data);
        const Pictures training(std::move(data.training), program.low, program.high);
        const Pictures test(std::move(data.test), program.low, program.high);
        const auto key = [&](const char* name) { return program.key + "." + name; };

        // As printed, with three seeds.
        std::vector<Outcome> printed;
        for (std::uint64_t seed = options.seed; seed < options.seed + 3; ++seed)
            printed.push_back(run(program, program.rate, seed, training, test, options, report));
        double seconds = 0;
        for (const Epoch& e : printed.front().curve) seconds += e.seconds;
        if (!std::isnan(program.claim)) report.value(key("claim"), "claimed", program.claim, Unit::percent);
        report_test(report, key(""), printed);
        report.value(key("validation_accuracy"), "held-out accuracy, first seed",
                     printed.front().curve.back().validation.accuracy, Unit::percent, 2);
        report.value(key("first_loss"), "training loss of epoch 1, first seed",
                     printed.front().curve.front().training.loss);
        report.value(key("last_loss"), "training loss of the last epoch, first seed",
                     printed.front().curve.back().training.loss);
        report.seconds(key("seconds"), "time of its training steps, first seed", seconds);
        if (program.key == "d1") draw_losses(report, printed.front().curve);
        if (program.rates.empty()) continue;

        // Other learning rates, chosen by the held-out pictures, never by the test set.
        std::vector<Outcome> tried = {printed.front()};
        for (const double rate : program.rates)
            tried.push_back(run(program, rate, options.seed, training, test, options, report));
        std::vector<std::vector<std::string>> rows;
        for (const Outcome& o : tried)
            rows.push_back({fmt::format("{}", o.rate), show(o.curve.back().training.loss),
                            show(o.curve.back().validation.accuracy, Unit::percent, 2),
                            show(o.test.accuracy, Unit::percent, 2)});
        report.table("Learning rates", {"rate", "training loss", "held-out accuracy", "test accuracy"}, rows);
        std::vector<Outcome> best = {*std::ranges::max_element(
            tried, {}, [](const Outcome& o) { return o.curve.back().validation.accuracy; })};
        report.value(key("best_rate"), "rate with the best held-out accuracy", best.front().rate);
        report.value(key("best_validation_accuracy"), "its held-out accuracy",
                     best.front().curve.back().validation.accuracy, Unit::percent, 2);
        for (std::uint64_t seed = options.seed + 1; seed < options.seed + 3; ++seed)
            best.push_back(run(program, best.front().rate, seed, training, test, options, report));
        report_test(report, key("best_"), best);
        for (const Outcome& o : tried) {
            report.value(fmt::format("{}.rate_{}.validation", program.key, o.rate),
                         fmt::format("rate {}: held-out accuracy", o.rate),
                         o.curve.back().validation.accuracy, Unit::percent, 2);
            report.value(fmt::format("{}.rate_{}.test", program.key, o.rate),
                         fmt::format("rate {}: test accuracy", o.rate), o.test.accuracy, Unit::percent, 2);
        }
    }
}

}  // namespace kbk
