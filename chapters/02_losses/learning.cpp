/// @file
/// Two classifiers of pictures: one whose loss lacks a term, one whose loss does not fit.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "chapters/02_losses/experiments.hpp"
#include "chapters/02_losses/losses.hpp"
#include "common/base/interrupt.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/layers.hpp"
#include "common/nn/optimizer.hpp"
#include "common/report/progress.hpp"
#include "kernels/softmax/softmax.hpp"

namespace kbk {

namespace {

struct Data {
    ImageDataset raw;
    Tensor<float> rows;
    std::vector<std::int32_t> training, held_out;
};

// Call a function with the samples of each batch, in an order that the seed and the epoch decide.
template <class Step>
void for_each_batch(const Data& data, std::vector<std::int32_t> order, int epoch, std::uint64_t seed,
                    const Step& step) {
    constexpr std::int64_t batch = 100;
    Philox(seed, stream_id("shuffle", std::uint64_t(epoch))).shuffle(std::span<std::int32_t>(order));
    Tensor<float> x;
    Tensor<std::int32_t> labels;
    for (std::int64_t i = 0; i + batch <= std::ssize(order); i += batch) {
        if (interrupted()) throw Interrupted("stopped");
        gather(data.rows, data.raw.labels, std::span(order).subspan(std::size_t(i), batch), x, labels);
        step(x, labels);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Two classes, one number.

struct TwoClasses {
    double loss;      // mean, by the loss that was trained
    double accuracy;  // on held-out pictures
    double said_one;  // share of them called 1
};

// [two_classes]
// Tell class 6 (1) from class 0 (0) with one weighted sum. The right gradient by the logit is p - y; without
// the term (1 - y) log(1 - p) it is y (p - 1), which is 0 for every picture of class 0.
TwoClasses tell_apart(const Data& data, bool both_terms, int epochs, const Options& options) {
    const auto two = [&](std::vector<std::int32_t> which) {
        std::erase_if(which, [&](std::int32_t i) {
            return data.raw.labels.data()[i] != 0 && data.raw.labels.data()[i] != 6;
        });
        return which;
    };
    Linear<float> sum("two", data.rows.shape(1), 1, Initial::keras, options.seed, options.device);
    SgdOptimizer optimizer(sum.parameters(), 0.02, 0.9);
    TwoClasses result{};
    for (int epoch = 0; epoch < epochs; ++epoch) {
        double total = 0, count = 0;
        for_each_batch(
            data, two(data.training), epoch, options.seed, [&](const Tensor<float>& x, const auto& labels) {
                const Tensor<float> pixels = x.to(options.device);  // the layer remembers where they lie
                const Tensor<float> z = sum.forward(pixels).to(Device::cpu);
                Tensor<float> gradient(z.shape());
                for (std::int64_t i = 0; i < z.size(); ++i) {
                    const double y = labels.data()[i] == 6, logit = z.data()[i], p = sigmoid(logit);
                    const double softplus = std::max(logit, 0.0) + std::log1p(std::exp(-std::fabs(logit)));
                    total += both_terms ? softplus - y * logit : y * (softplus - logit);
                    gradient.data()[i] = float((both_terms ? p - y : y * (p - 1)) / double(z.size()));
                    ++count;
                }
                zero_gradients(sum.parameters());
                sum.backward_parameters(gradient.to(options.device));
                optimizer.step();
            });
        result.loss = total / count;
    }

    Tensor<float> x;
    Tensor<std::int32_t> labels;
    gather(data.rows, data.raw.labels, two(data.held_out), x, labels);
    x = x.to(options.device);
    const Tensor<float> z = sum.forward(x).to(Device::cpu);
    for (std::int64_t i = 0; i < z.size(); ++i) {
        const bool one = z.data()[i] > 0;
        result.accuracy += one == (labels.data()[i] == 6);
        result.said_one += one;
    }
    result.accuracy /= double(z.size());
    result.said_one /= double(z.size());
    return result;
}
// [two_classes]

// ---------------------------------------------------------------------------------------------------------------
// Ten classes, two losses.

double accuracy(Linear<float>& model, const Tensor<float>& x, const Tensor<std::int32_t>& labels) {
    const Tensor<float> z = model.forward(x).to(Device::cpu);
    double right = 0;
    for (std::int64_t i = 0; i < z.shape(0); ++i) {
        const float* row = z.data() + i * z.shape(1);
        right += std::max_element(row, row + z.shape(1)) - row == labels.data()[i];
    }
    return right / double(z.shape(0));
}

// [ten_classes]
// Train one layer of ten sums with the cross-entropy, or with the squared error of the probabilities; return
// the held-out accuracy before the first step and after each epoch. With a large `sharpness` the first
// answers are sure, and mostly wrong: the outputs are saturated.
std::vector<double> learn(const Data& data, bool squared, float sharpness, int epochs,
                          const Options& options) {
    Linear<float> model("ten", data.rows.shape(1), 10, Initial::keras, options.seed, options.device);
    Tensor<float> weight = model.weight.value.to(Device::cpu);
    for (float& w : weight.values()) w *= sharpness;
    model.weight.value = weight.to(options.device);
    SgdOptimizer optimizer(model.parameters(), squared ? 0.1 : 0.01, 0.9);
    SoftmaxCrossEntropyLoss<float> cross_entropy;
    Tensor<float> x, y, g, dz;
    Tensor<std::int32_t> labels;
    gather(data.rows, data.raw.labels, data.held_out, x, labels);
    x = x.to(options.device);
    std::vector<double> curve = {accuracy(model, x, labels)};
    for (int epoch = 0; epoch < epochs; ++epoch) {
        for_each_batch(
            data, data.training, epoch, options.seed, [&](const Tensor<float>& samples, const auto& truth) {
                const Tensor<float> pixels =
                    samples.to(options.device);  // the layer remembers where they lie
                const Tensor<float>& z = model.forward(pixels);
                zero_gradients(model.parameters());
                if (squared) {
                    // The mean of (p - [true class])^2 over rows and classes, back through softmax.
                    y.resize(z.shape(), z.device());
                    dz.resize(z.shape(), z.device());
                    softmax().run({z.data(), y.data(), z.shape(0), z.shape(1)}, scratch(z.device()));
                    g = y.to(Device::cpu);
                    for (std::int64_t i = 0; i < z.shape(0); ++i)
                        g.data()[i * z.shape(1) + truth.data()[i]] -= 1;
                    for (float& v : g.values()) v *= 2 / float(z.size());
                    g = g.to(z.device());
                    softmax_backward().run({y.data(), g.data(), dz.data(), z.shape(0), z.shape(1)},
                                           scratch(z.device()));
                    model.backward_parameters(dz);
                } else {
                    cross_entropy.forward(z, truth.to(z.device()));
                    model.backward_parameters(cross_entropy.backward());
                }
                optimizer.step();
            });
        curve.push_back(accuracy(model, x, labels));
    }
    return curve;
}
// [ten_classes]

}  // namespace

void learn_with_losses(const Options& options, Report& report) {
    report.section("Pictures");
    const std::string dataset = options.dataset.empty() ? "fashion-mnist" : options.dataset;
    ImageData images = load_images(dataset, options.data);
    report.text("{} from {}", dataset, images.source);
    Data data{std::move(images.training), {}, {}, {}};
    data.rows = flattened(scaled(data.raw.images, -1, 1));
    Split parts = split(data.rows.shape(0), 5000, options.seed);
    if (!options.full) parts.training.resize(10000);
    data.training = std::move(parts.training);
    data.held_out = std::move(parts.validation);
    const int epochs = options.full ? 30 : 10;
    report.value("pictures.training", "pictures to learn from", data.training.size());
    report.value("pictures.held_out", "pictures held out", data.held_out.size());
    report.value("pictures.epochs", "epochs", epochs);

    Progress progress("training", 6);
    for (const bool both : {true, false}) {
        const TwoClasses result = tell_apart(data, both, epochs, options);
        progress.advance();
        const std::string key = both ? "two.right" : "two.printed", label = both ? "both terms" : "one term";
        report.value(key + ".loss", label + ": training loss, last epoch", result.loss, Unit::plain, 4);
        report.value(key + ".accuracy", label + ": held-out accuracy", result.accuracy, Unit::percent);
        report.value(key + ".said_one", label + ": held-out pictures called 1", result.said_one,
                     Unit::percent);
    }

    LinePlot plot{.title = "Held-out accuracy under two losses, from two beginnings",
                  .x = {.label = "epoch"},
                  .y = {.label = "accuracy", .unit = Unit::percent, .low = 0, .high = 1},
                  .description =
                      "From a usual beginning both losses learn. From saturated outputs the cross-entropy "
                      "recovers at once, the squared error hardly."};
    std::vector<double> numbers(std::size_t(epochs) + 1);
    std::iota(numbers.begin(), numbers.end(), 0.0);
    for (const auto& [start, sharpness] : {std::pair{"usual", 1.0f}, {"saturated", 20.0f}})
        for (const bool squared : {false, true}) {
            const auto curve = learn(data, squared, sharpness, epochs, options);
            progress.advance();
            const std::string loss = squared ? "squared" : "entropy";
            plot.series.push_back(
                {.name = fmt::format("{}, {}", squared ? "squared error" : "cross-entropy", start),
                 .x = numbers,
                 .y = curve,
                 .mark = Mark::line_and_points});
            report.value(fmt::format("ten.{}.{}.first", start, loss),
                         fmt::format("{} start, {}: held-out accuracy after one epoch", start, loss),
                         curve[1], Unit::percent);
            report.value(fmt::format("ten.{}.{}.last", start, loss), "and after the last", curve.back(),
                         Unit::percent);
        }
    progress.finish();
    report.figure("two_losses", plot);
}

}  // namespace kbk
