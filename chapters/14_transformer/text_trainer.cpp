#include "chapters/14_transformer/text_trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <sstream>

#include "common/base/interrupt.hpp"
#include "common/data/text.hpp"
#include "common/report/progress.hpp"

namespace kbk {

using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

TextTrainer::TextTrainer(Gpt<float>& model, Optimizer& optimizer, TextTraining training)
    : model_(model),
      optimizer_(optimizer),
      training_(std::move(training)),
      folder_(training_.checkpoints),
      parameters_(model.parameters()) {
    require(training_.steps >= 1, "a training of {} steps was asked for; at least 1 is needed",
            training_.steps);
    require(training_.batch >= 1, "steps of {} windows were asked for; at least 1 is needed",
            training_.batch);
    require(training_.evaluate_every >= 1,
            "a point of the curve every {} steps was asked for; at least 1 is needed",
            training_.evaluate_every);
    require(training_.clip >= 0,
            "gradients clipped at a norm of {}; it must be positive, or 0 for no clipping", training_.clip);
    require(!training_.resume || !training_.checkpoints.empty(),
            "cannot resume without a folder of checkpoints");
}

// [text_step]
double TextTrainer::step(const Tensor<std::int32_t>& x, const Tensor<std::int32_t>& next) {
    zero_gradients(parameters_);
    const double loss = loss_.forward(model_.forward(x), next);
    model_.backward(loss_.backward());
    if (training_.clip > 0) clip_gradients(parameters_, training_.clip);
    optimizer_.step();
    return loss;
}
// [text_step]

std::vector<TextPoint> TextTrainer::fit(std::span<const std::int32_t> training,
                                        std::span<const std::int32_t> held_out) {
    curve_.clear();
    loss_sum_ = seconds_ = 0;
    quickest_ = std::numeric_limits<double>::infinity();
    if (training_.resume) restore();
    const std::int64_t time = model_.config.context;
    const auto judged = held_out.first(std::min(held_out.size(), std::size_t(training_.evaluated_tokens)));

    std::optional<Progress> progress;
    const auto begin = Clock::now();
    auto last_saved = begin;
    while (optimizer_.steps < training_.steps) {
        if (training_.show && !progress) {
            progress.emplace("training", training_.steps);
            progress->advance(optimizer_.steps);
        }
        const std::int64_t number = optimizer_.steps;
        const auto start = Clock::now();
        // [text_fit]
        const auto windows = random_windows(std::ssize(training), time, training_.batch, training_.seed,
                                            std::uint64_t(number));
        cut_windows(training, windows, time, x_, next_);
        if (training_.schedule) optimizer_.learning_rate = training_.schedule(number);
        const double loss = step(here(x_, device_x_), here(next_, device_next_));
        // [text_fit]
        const double seconds = seconds_since(start);
        seconds_ += seconds;
        quickest_ = std::min(quickest_, seconds);
        // A NaN has a sign, which means nothing: leave it out.
        require(std::isfinite(loss),
                "the loss became {} in step {}; a smaller learning rate than {} may help", std::abs(loss), number + 1,
                optimizer_.learning_rate);
        loss_sum_ += loss;
        if (progress) progress->advance(1, fmt::format("loss {:.3f}", loss));

        // Look at the held-out text now and then.
        const bool due =
            optimizer_.steps % training_.evaluate_every == 0 || optimizer_.steps == training_.steps;
        if (due) {
            const std::int64_t since = curve_.empty() ? 0 : curve_.back().step;
            curve_.push_back(
                {optimizer_.steps, loss_sum_ / double(optimizer_.steps - since), evaluate(judged), seconds_});
            loss_sum_ = 0;
            if (progress) progress.reset();
            const TextPoint& now = curve_.back();
            if (training_.show)
                fmt::print("step {:>5} of {}   loss {:.3f}   held out {:.3f}   {:.1f} s\n", now.step,
                           training_.steps, now.training, now.held_out, now.seconds);
        }

        // Save now and then, when the time is up, and when asked to stop.
        const bool over =
            seconds_since(begin) >= training_.seconds_at_most && optimizer_.steps < training_.steps;
        if (interrupted()) {
            progress.reset();
            if (training_.checkpoints.empty()) throw Interrupted("stopped");
            save();
            throw Interrupted(
                fmt::format("stopped after step {} of {}; saved in {}\nGo on from there with the same "
                            "command and --resume.",
                            optimizer_.steps, training_.steps, training_.checkpoints.string()));
        }
        const bool save_now = over || seconds_since(last_saved) >= training_.seconds_between_checkpoints;
        if (!training_.checkpoints.empty() && save_now) {
            save();
            last_saved = Clock::now();
        }
        if (over) break;
    }

    // Where the time ended between two points, close the curve; a training that goes on from here does not
    // see it.
    std::vector<TextPoint> curve = curve_;
    const std::int64_t since = curve.empty() ? 0 : curve.back().step;
    if (optimizer_.steps > since)
        curve.push_back(
            {optimizer_.steps, loss_sum_ / double(optimizer_.steps - since), evaluate(judged), seconds_});
    return curve;
}

double TextTrainer::evaluate(std::span<const std::int32_t> tokens, std::vector<double>* by_position) {
    require(tokens.size() >= 2, "a text of {} tokens cannot be judged: at least 2 are needed", tokens.size());
    const std::int64_t time = model_.config.context, all = std::ssize(tokens) - 1,
                       vocabulary = model_.config.vocabulary;
    constexpr std::int64_t tokens_at_once = 4096;
    std::vector<double> sums(std::size_t(time), 0);
    std::vector<std::int64_t> counts(std::size_t(time), 0);

    for (std::int64_t begin = 0; begin < all;) {
        // Take some whole windows, or what is left at the end.
        const std::int64_t whole =
            std::min(std::max<std::int64_t>(1, tokens_at_once / time), (all - begin) / time);
        const std::int64_t windows = std::max<std::int64_t>(1, whole),
                           length = whole > 0 ? time : all - begin;
        std::vector<std::int64_t> begins;
        for (std::int64_t w = 0; w < windows; ++w) begins.push_back(begin + w * length);
        cut_windows(tokens, begins, length, x_, next_);
        begin += windows * length;

        // The loss of a token is the logarithm of the sum of all exponentials, less its own logit.
        const Tensor<float>& logits = model_.forward(here(x_, device_x_));
        logits_.resize(logits.shape());
        copy(Device::cpu, logits_.data(), logits.device(), logits.data(),
             std::size_t(logits.size()) * sizeof(float));
        for (std::int64_t row = 0; row < logits_.shape(0); ++row) {
            const float* z = logits_.data() + row * vocabulary;
            const double largest = *std::max_element(z, z + vocabulary);
            double sum = 0;
            for (std::int64_t j = 0; j < vocabulary; ++j) sum += std::exp(double(z[j]) - largest);
            sums[std::size_t(row % length)] += std::log(sum) + largest - double(z[next_.data()[row]]);
            ++counts[std::size_t(row % length)];
        }
    }
    double total = 0;
    for (const double sum : sums) total += sum;
    if (by_position) {
        by_position->clear();
        for (std::size_t i = 0; i < sums.size(); ++i)
            by_position->push_back(counts[i] ? sums[i] / double(counts[i]) : std::nan(""));
    }
    return total / double(all);
}

const Tensor<std::int32_t>& TextTrainer::here(const Tensor<std::int32_t>& host,
                                              Tensor<std::int32_t>& device) const {
    if (model_.device() == Device::cpu) return host;
    device.resize(host.shape(), model_.device());
    copy(device.device(), device.data(), Device::cpu, host.data(),
         std::size_t(host.size()) * sizeof(std::int32_t));
    return device;
}

RunState TextTrainer::state() {
    return {parameters_, {}, optimizer_, training_.run};
}

void TextTrainer::save() {
    std::string curve;
    for (const TextPoint& p : curve_)
        curve += fmt::format("{} {:a} {:a} {:a}\n", p.step, p.training, p.held_out, p.seconds);
    save_run(folder_, state(),
             {{"loss", exact_text(loss_sum_)}, {"seconds", exact_text(seconds_)}, {"quickest", exact_text(quickest_)}, {"curve", curve}});
}

void TextTrainer::restore() {
    const RunWords words = restore_run(training_.checkpoints, state());
    loss_sum_ = words.number("loss");
    seconds_ = words.number("seconds");
    quickest_ = words.number("quickest");
    std::istringstream lines(words.text("curve"));
    for (std::string line; std::getline(lines, line);) {
        char* rest = line.data();
        const auto step = static_cast<std::int64_t>(std::strtod(rest, &rest));
        const double training = std::strtod(rest, &rest), held_out = std::strtod(rest, &rest);
        curve_.push_back({step, training, held_out, std::strtod(rest, &rest)});
    }
    if (training_.show) fmt::print("resumed after step {} of {}\n", optimizer_.steps, training_.steps);
}

}  // namespace kbk
