#include "common/nn/trainer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <sstream>

#include "common/base/interrupt.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/run_state.hpp"
#include "common/report/progress.hpp"

namespace kbk {

using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Copy to a device into a tensor that keeps its memory.
template <class T>
const Tensor<T>& on_device(const Tensor<T>& host, Tensor<T>& target, Device device) {
    if (device == Device::cpu) return host;
    target.resize(host.shape(), device);
    copy(device, target.data(), Device::cpu, host.data(), std::size_t(host.size()) * sizeof(T));
    return target;
}

}  // namespace

Examples::Examples(const Tensor<float>& all_samples, const Tensor<std::int32_t>& all_labels)
    : Examples(all_samples, all_labels, std::vector<std::int32_t>(std::size_t(all_labels.size()))) {
    std::iota(which.begin(), which.end(), 0);
}

Trainer::Trainer(Classifier model, Optimizer& optimizer, Training training)
    : model_(std::move(model)),
      optimizer_(optimizer),
      training_(std::move(training)),
      folder_(training_.checkpoints) {
    require(training_.epochs >= 1, "a training of {} epochs was asked for; at least 1 is needed",
            training_.epochs);
    require(training_.batch >= 1, "batches of {} examples were asked for; at least 1 is needed",
            training_.batch);
    require(!training_.resume || !training_.checkpoints.empty(),
            "cannot resume without a folder of checkpoints");
}

std::vector<Epoch> Trainer::fit(const Examples& training, const Examples& validation) {
    require(!training.which.empty(), "there are no examples to train on");
    at_ = {};
    if (training_.resume) restore();
    for (std::int64_t epoch = at_.epoch; epoch < training_.epochs; ++epoch) {
        train_epoch(training, epoch);

        // Close the epoch: what its batches gave, and how the model stands now.
        const auto examples = static_cast<double>(training.which.size());
        const Score running{at_.loss / examples, double(at_.correct) / examples};
        at_.curve.push_back(
            {running, validation.which.empty() ? Score{} : evaluate(validation), at_.seconds});
        ++at_.epoch;
        at_.batch = 0;
        at_.loss = at_.seconds = 0;
        at_.correct = 0;
        const Epoch& now = at_.curve.back();
        if (training_.show) {
            fmt::print("epoch {:>2}/{}  loss {:.4f}  accuracy {:.2f} %", at_.epoch, training_.epochs,
                       now.training.loss, 100 * now.training.accuracy);
            if (!validation.which.empty())
                fmt::print("   held out: loss {:.4f}  accuracy {:.2f} %", now.validation.loss,
                           100 * now.validation.accuracy);
            fmt::print("   {:.1f} s\n", now.seconds);
        }
    }
    return at_.curve;
}

void Trainer::train_epoch(const Examples& training, std::int64_t number) {
    // The order is a function of seed and epoch alone, so a resumed run finds its place in it.
    std::vector<std::int32_t> order = training.which;
    Philox(training_.seed, stream_id("shuffle", std::uint64_t(number))).shuffle(std::span(order));
    const auto count = static_cast<std::int64_t>(order.size());
    const std::int64_t batches = (count + training_.batch - 1) / training_.batch;

    std::optional<Progress> progress;
    if (training_.show) {
        progress.emplace(fmt::format("epoch {:>2}/{}", number + 1, training_.epochs), batches);
        progress->advance(at_.batch);
    }
    auto last_saved = Clock::now();
    while (at_.batch < batches) {
        const auto start = Clock::now();
        const std::int64_t begin = at_.batch * training_.batch,
                           rows = std::min(training_.batch, count - begin);
        load_batch(training, std::span(order).subspan(std::size_t(begin), std::size_t(rows)));
        if (training_.augment) training_.augment(x_, std::uint64_t(number * count + begin));
        const Device device = model_.parameters.front()->value.device();
        if (training_.schedule) optimizer_.learning_rate = training_.schedule(optimizer_.steps);
        const double loss =
            step(on_device(x_, device_x_, device), on_device(labels_, device_labels_, device));
        // A NaN has a sign, which means nothing: leave it out.
        require(std::isfinite(loss),
                "the loss became {} in epoch {}, batch {}; a smaller learning rate than {} may help", std::abs(loss),
                number + 1, at_.batch + 1, optimizer_.learning_rate);
        at_.loss += loss * double(rows);
        at_.correct += count_correct(logits_);
        at_.seconds += seconds_since(start);
        ++at_.batch;
        if (progress) progress->advance(1, fmt::format("loss {:.4f}", at_.loss / double(begin + rows)));

        // Save now and then, and when asked to stop.
        if (interrupted()) {
            if (progress) progress->finish();
            if (training_.checkpoints.empty()) throw Interrupted("stopped");
            throw Interrupted(fmt::format(
                "stopped in epoch {} of {}; saved {}\nGo on from there with the same command and --resume.",
                number + 1, training_.epochs, save().string()));
        }
        if (!training_.checkpoints.empty() &&
            seconds_since(last_saved) >= training_.seconds_between_checkpoints) {
            save();
            last_saved = Clock::now();
        }
    }
    if (progress) progress->finish();
}

// [trainer_step]
double Trainer::step(const Tensor<float>& x, const Tensor<std::int32_t>& labels) {
    zero_gradients(model_.parameters);
    const Tensor<float>& logits = model_.forward(x);
    const double loss = loss_.forward(logits, labels);
    model_.backward(loss_.backward());
    optimizer_.step();
    logits_.resize(logits.shape());
    copy(Device::cpu, logits_.data(), logits.device(), logits.data(),
         std::size_t(logits.size()) * sizeof(float));
    return loss;
}
// [trainer_step]

Score Trainer::evaluate(const Examples& examples, std::vector<std::int32_t>* predictions,
                        std::vector<float>* confidence) {
    // Few enough that the outputs of a convolutional network's first layer take tens of megabytes, not hundreds.
    constexpr std::size_t rows_at_once = 250;
    const Device device = model_.parameters.front()->value.device();
    if (model_.set_training) model_.set_training(false);
    if (predictions) predictions->clear();
    if (confidence) confidence->clear();
    double loss = 0;
    std::int64_t correct = 0;
    for (std::size_t begin = 0; begin < examples.which.size(); begin += rows_at_once) {
        const std::size_t rows = std::min(rows_at_once, examples.which.size() - begin);
        load_batch(examples, std::span(examples.which).subspan(begin, rows));
        const Tensor<float>& logits = model_.forward(on_device(x_, device_x_, device));
        loss += loss_.evaluate(logits, on_device(labels_, device_labels_, device)) * double(rows);
        logits_.resize(logits.shape());
        copy(Device::cpu, logits_.data(), logits.device(), logits.data(),
             std::size_t(logits.size()) * sizeof(float));
        correct += count_correct(logits_);

        // Keep the class and how sure the model is of it.
        const std::int64_t classes = logits_.shape(1);
        for (std::size_t i = 0; i < rows && (predictions || confidence); ++i) {
            const float* row = logits_.data() + std::int64_t(i) * classes;
            const float* largest = std::max_element(row, row + classes);
            if (predictions) predictions->push_back(static_cast<std::int32_t>(largest - row));
            double sum = 0;
            for (std::int64_t j = 0; j < classes; ++j) sum += std::exp(double(row[j]) - double(*largest));
            if (confidence) confidence->push_back(static_cast<float>(1 / sum));
        }
    }
    if (model_.set_training) model_.set_training(true);
    const auto count = static_cast<double>(std::max<std::size_t>(1, examples.which.size()));
    return {loss / count, double(correct) / count};
}

void Trainer::load_batch(const Examples& examples, std::span<const std::int32_t> which) {
    gather(examples.samples, examples.labels, which, x_, labels_);
}

std::int64_t Trainer::count_correct(const Tensor<float>& logits) {
    std::int64_t correct = 0;
    const std::int64_t classes = logits.shape(1);
    for (std::int64_t i = 0; i < logits.shape(0); ++i) {
        const float* row = logits.data() + i * classes;
        correct += std::max_element(row, row + classes) - row == labels_.data()[i];
    }
    return correct;
}

std::filesystem::path Trainer::save() {
    // Doubles as hexadecimal text: exact.
    std::string curve;
    for (const Epoch& e : at_.curve)
        curve += fmt::format("{:a} {:a} {:a} {:a} {:a}\n", e.training.loss, e.training.accuracy, e.validation.loss,
                             e.validation.accuracy, e.seconds);
    return save_run(folder_, {model_.parameters, model_.buffers, optimizer_, training_.run},
                    {{"epoch", std::to_string(at_.epoch)},
                     {"batch", std::to_string(at_.batch)},
                     {"loss", exact_text(at_.loss)},
                     {"correct", std::to_string(at_.correct)},
                     {"seconds", exact_text(at_.seconds)},
                     {"curve", curve}});
}

void Trainer::restore() {
    const RunWords words =
        restore_run(training_.checkpoints, {model_.parameters, model_.buffers, optimizer_, training_.run});
    at_.epoch = static_cast<std::int64_t>(words.number("epoch"));
    at_.batch = static_cast<std::int64_t>(words.number("batch"));
    at_.loss = words.number("loss");
    at_.correct = static_cast<std::int64_t>(words.number("correct"));
    at_.seconds = words.number("seconds");
    std::istringstream curve(words.text("curve"));
    for (std::string line; std::getline(curve, line);) {
        double v[5] = {};
        char* rest = line.data();
        for (double& x : v) x = std::strtod(rest, &rest);
        at_.curve.push_back({{v[0], v[1]}, {v[2], v[3]}, v[4]});
    }
    if (training_.show)
        fmt::print("resumed after {} steps: epoch {} of {}, batch {}\n", optimizer_.steps, at_.epoch + 1,
                   training_.epochs, at_.batch + 1);
}

}  // namespace kbk
