#include "chapters/04_gradient_descent_vs_adam/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include "common/base/threads.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/layers.hpp"
#include "common/nn/optimizer.hpp"
#include "common/nn/schedule.hpp"
#include "common/report/figure.hpp"
#include "common/report/progress.hpp"

namespace kbk {

namespace {

// [small_network]
// Pictures to 32 hidden units to ten classes: one hidden layer, as in chapter 3.
struct SmallNetwork {
    Linear<float> first, second;
    ReLU<float> relu;

    SmallNetwork(std::uint64_t seed, Device device)
        : first("fc1", 784, 32, Initial::keras, seed, device),
          second("fc2", 32, 10, Initial::keras, seed, device) {}

    const Tensor<float>& forward(const Tensor<float>& x) {
        return second.forward(relu.forward(first.forward(x)));
    }
    void backward(const Tensor<float>& dy) { first.backward_parameters(relu.backward(second.backward(dy))); }
    Parameters<float> parameters() { return {&first.weight, &first.bias, &second.weight, &second.bias}; }
};
// [small_network]

using Parts = Parameters<float>;
using Make = std::function<std::unique_ptr<Optimizer>(Parts, double)>;

struct Candidate {
    std::string key, name;
    Make make;
};

// [candidates]
const std::vector<Candidate>& candidates() {
    static const std::vector<Candidate> all = {
        {"sgd", "gradient descent", [](Parts p, double r) { return std::make_unique<SgdOptimizer>(p, r); }},
        {"momentum", "momentum 0.9",
         [](Parts p, double r) { return std::make_unique<SgdOptimizer>(p, r, 0.9); }},
        {"nesterov", "Nesterov 0.9",
         [](Parts p, double r) { return std::make_unique<SgdOptimizer>(p, r, 0.9, 0, true); }},
        {"adagrad", "Adagrad", [](Parts p, double r) { return std::make_unique<AdagradOptimizer>(p, r); }},
        {"rmsprop", "RMSProp", [](Parts p, double r) { return std::make_unique<RmsPropOptimizer>(p, r); }},
        {"adam", "Adam", [](Parts p, double r) { return std::make_unique<AdamOptimizer>(p, r); }},
        {"adamw", "AdamW, decay 0.01",
         [](Parts p, double r) { return std::make_unique<AdamOptimizer>(p, r, 0.9, 0.999, 1e-8, 0.01); }},
    };
    return all;
}
// [candidates]

// Some pictures on the device, in one piece.
struct Pictures {
    Tensor<float> x;
    Tensor<std::int32_t> labels;
};

struct Task {
    std::vector<Pictures> batches;  // to learn from, in the order of all epochs
    Pictures held_out;
};

Task load(const Options& options, const ImageData& data, std::int64_t examples, int epochs,
          std::int64_t batch) {
    const Tensor<float> rows = flattened(scaled(data.training.images, 0, 1));
    const Split parts = split(rows.shape(0), 2000, options.seed);
    const auto take = [&](std::span<const std::int32_t> which) {
        Pictures some;
        gather(rows, data.training.labels, which, some.x, some.labels);
        return Pictures{some.x.to(options.device), some.labels.to(options.device)};
    };
    Task task;
    task.held_out = take(parts.validation);
    std::vector<std::int32_t> chosen(parts.training.begin(), parts.training.begin() + examples);
    for (int epoch = 0; epoch < epochs; ++epoch) {
        Philox(options.seed, stream_id("shuffle", std::uint64_t(epoch))).shuffle(std::span(chosen));
        for (std::int64_t begin = 0; begin + batch <= examples; begin += batch)
            task.batches.push_back(take(std::span(chosen).subspan(std::size_t(begin), std::size_t(batch))));
    }
    return task;
}

// One thread for as long as this lives: the matrices are so small that more would only wait for each other.
class OneThread {
  public:
    OneThread() : before_(threads()) { set_threads(1); }
    ~OneThread() { set_threads(before_); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

  private:
    int before_;
};

// Train once; the loss on held-out pictures, or infinity where the training broke down.
double train(const Task& task, const Candidate& candidate, double rate, const Schedule& schedule,
             const Options& options) {
    SmallNetwork net(options.seed, options.device);
    const auto optimizer = candidate.make(net.parameters(), rate);
    SoftmaxCrossEntropyLoss<float> loss;
    for (const Pictures& batch : task.batches) {
        zero_gradients(net.parameters());
        const double now = loss.forward(net.forward(batch.x), batch.labels);
        if (!std::isfinite(now) || now > 1e4) return INFINITY;
        net.backward(loss.backward());
        if (schedule) optimizer->learning_rate = schedule(optimizer->steps);
        optimizer->step();
    }
    const double held_out = loss.evaluate(net.forward(task.held_out.x), task.held_out.labels);
    return std::isfinite(held_out) ? held_out : INFINITY;
}

}  // namespace

void compare_on_classifier(const Options& options, Report& report) {
    report.section("On a real classifier");
    const std::string dataset = options.dataset.empty() ? "fashion-mnist" : options.dataset;
    const ImageData data = load_images(dataset, options.data);
    report.text("{} from {}", dataset, data.source);
    const std::int64_t examples = options.full ? 50000 : 5000, batch = 50;
    const int epochs = options.full ? 5 : 2;
    const Task task = load(options, data, examples, epochs, batch);
    const OneThread one_thread;
    const auto steps = static_cast<std::int64_t>(task.batches.size());
    report.value("classifier.examples", "pictures to learn from", examples);
    report.value("classifier.steps", "steps of each training", steps);

    // From 10^-5 to 10, two in each decade.
    std::vector<double> rates;
    for (int k = -10; k <= 2; ++k) rates.push_back(std::pow(10, 0.5 * k));
    report.value("classifier.trainings", "trainings", candidates().size() * rates.size());
    std::vector<Series> curves;
    Progress progress("trainings", static_cast<std::int64_t>(candidates().size() * rates.size()));
    std::vector<std::vector<std::string>> table;
    for (const Candidate& candidate : candidates()) {
        Series curve{.name = candidate.name, .mark = Mark::line_and_points};
        for (const double rate : rates) {
            const double found = train(task, candidate, rate, {}, options);
            curve.x.push_back(rate);
            // What broke down, or ended no better than a guess, is drawn at the loss of a guess among ten.
            curve.y.push_back(std::min(found, std::log(10.0)));
            progress.advance(1, candidate.name);
        }
        const auto best = std::ranges::min_element(curve.y);
        const auto good = std::ranges::count_if(curve.y, [&](double y) { return y <= 1.1 * *best; });
        table.push_back({candidate.name, fmt::format("{:.2g}", rates[std::size_t(best - curve.y.begin())]),
                         show(*best), std::to_string(good)});
        curves.push_back(curve);
    }
    progress.finish();
    report.table("", {"optimiser", "best rate", "its held-out loss", "rates within 10 % of it"}, table);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const Series& c = curves[i];
        const auto best = std::ranges::min_element(c.y);
        report.value(fmt::format("classifier.{}.best_loss", candidates()[i].key),
                     fmt::format("{}: held-out loss at its best rate", c.name), *best);
        report.value(fmt::format("classifier.{}.best_rate", candidates()[i].key),
                     "its best rate, as a power of ten", std::log10(c.x[std::size_t(best - c.y.begin())]),
                     Unit::plain, 1);
        report.value(fmt::format("classifier.{}.at_0.001", candidates()[i].key), "its loss at the rate 0.001",
                     c.y[4]);
    }
    report.figure(
        "sensitivity",
        LinePlot{.title = "What a learning rate does to each optimiser",
                 .x = {.label = "learning rate", .scale = Scale::log10},
                 .y = {.label = "held-out loss after the training", .high = 2.4},
                 .series = curves,
                 .rules = {{std::log(10.0), "a guess"}},
                 .description =
                     "Each optimiser's loss over its learning rate is a valley. Those of the adaptive rules "
                     "lie at small rates, those of gradient descent and momentum at larger ones; "
                     "at rates too large every one ends no better than a guess."});

    // The same training under each schedule, from a rate that is good but large.
    // [compare_schedules]
    const double rate = 0.1;
    const struct {
        const char *key, *name;
        Schedule schedule;
    } schedules[] = {{"constant", "constant", constant_rate(rate)},
                     {"step", "a tenth in the last quarter", step_decay(rate, 0.1, 3 * steps / 4)},
                     {"linear", "linear decay to 0", linear_decay(rate, 0, steps)},
                     {"cosine", "cosine annealing to 0", cosine_annealing(rate, 0, steps)},
                     {"warm_up", "warm-up, then cosine",
                      warm_up(steps / 10, cosine_annealing(rate, 0, steps - steps / 10))}};
    for (const auto& [key, name, schedule] : schedules)
        report.value(fmt::format("schedule.{}", key),
                     fmt::format("momentum from 0.1, {}: held-out loss", name),
                     train(task, candidates()[1], rate, schedule, options));
    // [compare_schedules]
}

}  // namespace kbk
