/// @file
/// Networks that learn with each function.
#include <algorithm>
#include <numeric>

#include "chapters/01_activations/experiments.hpp"
#include "chapters/01_activations/network.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/trainer.hpp"
#include "common/report/progress.hpp"

namespace kbk {

namespace {

struct Data {
    ImageDataset raw;
    Tensor<float> rows;
    Split parts;
};

// [learn]
// Train a network of some hidden layers of 64 and return its learning curve. Everything but the bend is the
// same.
std::vector<Epoch> learn(Activation kind, int hidden, const Data& data, int epochs, const Options& options) {
    std::vector<std::int64_t> sizes(std::size_t(hidden) + 2, 64);
    sizes.front() = data.rows.shape(1);
    sizes.back() = std::ssize(data.raw.classes);
    Network net(sizes, kind, 1, options.seed, options.device);
    SgdOptimizer optimizer(net.parameters(), 0.02, 0.9);
    Trainer trainer(
        net, optimizer,
        {.epochs = epochs, .batch = 64, .seed = options.seed, .run = "01_activations", .show = false});
    return trainer.fit(Examples(data.rows, data.raw.labels, data.parts.training),
                       Examples(data.rows, data.raw.labels, data.parts.validation));
}
// [learn]

// [dead]
// Share of the units of the hidden layer that are below 0 for every held-out picture.
double below_zero(Network& net, const Data& data, const Options& options) {
    Tensor<float> x;
    Tensor<std::int32_t> labels;
    gather(data.rows, data.raw.labels, data.parts.validation, x, labels);
    x = x.to(options.device);
    const Tensor<float> z = net.linear.front().forward(x).to(Device::cpu);
    std::vector<bool> alive(std::size_t(z.shape(1)));
    for (std::int64_t i = 0; i < z.size(); ++i)
        if (z.data()[i] > 0) alive[std::size_t(i % z.shape(1))] = true;
    return 1 - double(std::count(alive.begin(), alive.end(), true)) / double(alive.size());
}

// Share of the units of the hidden layer whose weights are, to the last bit, those of before.
double unmoved(const Network& net, const std::vector<float>& before) {
    const Tensor<float> now = net.linear.front().weight.value.to(Device::cpu);
    const std::int64_t units = now.shape(0), inputs = now.shape(1);
    std::int64_t still = 0;
    for (std::int64_t i = 0; i < units; ++i)
        still += std::equal(before.begin() + i * inputs, before.begin() + (i + 1) * inputs,
                            now.data() + i * inputs);
    return double(still) / double(units);
}

// Train one wide hidden layer: an epoch at a rate that is far too high, then five at a modest one.
void hurt_and_heal(Activation kind, const Data& data, const Options& options, Report& report) {
    const std::int64_t sizes[] = {data.rows.shape(1), 256, std::ssize(data.raw.classes)};
    Network net(sizes, kind, 1, options.seed, options.device);
    const Examples learn(data.rows, data.raw.labels, data.parts.training),
        held_out(data.rows, data.raw.labels, data.parts.validation);
    const auto train = [&](double rate, int epochs) {
        SgdOptimizer optimizer(net.parameters(), rate, 0.9);
        Trainer trainer(net, optimizer,
                        {.epochs = epochs, .batch = 64, .seed = options.seed, .run = "dead", .show = false});
        return trainer.fit(learn, held_out).back().validation.accuracy;
    };
    train(0.2, 1);
    const Tensor<float> weight = net.linear.front().weight.value.to(Device::cpu);
    const std::vector<float> before(weight.values().begin(), weight.values().end());
    const double off = below_zero(net, data, options), accuracy = train(0.01, 5);
    report.value(fmt::format("dead.{}.off", name(kind)),
                 fmt::format("{}: units off for every held-out picture, after a rate of 0.2", name(kind)),
                 off, Unit::percent);
    report.value(fmt::format("dead.{}.unmoved", name(kind)), "units whose weights no later step moved",
                 unmoved(net, before), Unit::percent);
    report.value(fmt::format("dead.{}.accuracy", name(kind)), "held-out accuracy after five epochs at 0.01",
                 accuracy, Unit::percent);
}
// [dead]

}  // namespace

void learn_with_each(const Options& options, Report& report) {
    report.section("A network that learns with each");
    const std::string dataset = options.dataset.empty() ? "fashion-mnist" : options.dataset;
    ImageData images = load_images(dataset, options.data);
    report.text("{} from {}", dataset, images.source);
    Data data{std::move(images.training), {}, {}};
    data.rows = flattened(scaled(data.raw.images, -1, 1));
    data.parts = split(data.rows.shape(0), options.full ? 5000 : 2000, options.seed);
    if (!options.full) data.parts.training.resize(8000);
    const int epochs = options.full ? 15 : 5, deep = 6;
    report.value("learning.pictures", "pictures to learn from", data.parts.training.size());
    report.value("learning.held_out", "pictures held out", data.parts.validation.size());
    report.value("learning.epochs", "epochs", epochs);

    LinePlot plot{.title = "Six hidden layers of 64 units learn, or do not",
                  .x = {.label = "epoch"},
                  .y = {.label = "mean cross-entropy of the training pictures"},
                  .description =
                      "The loss of the deep network with the sigmoid hardly falls; with the others it does."};
    std::vector<double> numbers(static_cast<std::size_t>(epochs));
    std::iota(numbers.begin(), numbers.end(), 1.0);
    Progress progress("training", 2 * std::ssize(all_activations) + 2);
    for (const Activation kind : all_activations) {
        for (const int hidden : {1, deep}) {
            const std::vector<Epoch> curve = learn(kind, hidden, data, epochs, options);
            progress.advance(1, name(kind));
            const double accuracy = curve.back().validation.accuracy;
            report.value(fmt::format("{}.{}", hidden == 1 ? "shallow" : "deep6", name(kind)),
                         fmt::format("{}, {} hidden layer{}: held-out accuracy", name(kind), hidden,
                                     hidden == 1 ? "" : "s"),
                         accuracy, Unit::percent);
            if (hidden == 1) continue;
            Series series{.name = std::string(name(kind)), .x = numbers, .mark = Mark::line_and_points};
            for (const Epoch& e : curve) series.y.push_back(e.training.loss);
            plot.series.push_back(series);
        }
    }
    report.figure("learning", plot);

    for (const Activation kind : {Activation::relu, Activation::leaky_relu}) {
        hurt_and_heal(kind, data, options, report);
        progress.advance();
    }
    progress.finish();
}

}  // namespace kbk
