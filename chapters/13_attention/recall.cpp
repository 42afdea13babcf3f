/// @file
/// Networks that recall what stood beside a word, with attention and without.
#include "chapters/13_attention/recall.hpp"

#include "chapters/13_attention/experiments.hpp"
#include "chapters/13_attention/formulas.hpp"
#include "common/base/interrupt.hpp"
#include "common/nn/optimizer.hpp"
#include "common/nn/schedule.hpp"
#include "common/report/progress.hpp"

namespace kbk {

namespace {

constexpr std::int64_t channels = 64, steps = 400;
constexpr std::uint64_t fresh = 1 << 20;  // number of the first batch that no training sees

// Share of the queries of some fresh batches that a network answers rightly.
template <class Net>
double accuracy(Net& net, std::int64_t batches, const Options& options) {
    Tensor<std::int32_t> ids, labels;
    std::int64_t right = 0, asked = 0;
    for (std::int64_t i = 0; i < batches; ++i) {
        net.task.draw(options.seed, fresh + std::uint64_t(i), ids, labels);
        const Tensor<std::int32_t> there = ids.to(net.embedding.device());
        const Tensor<float> logits = net.forward(there).to(Device::cpu);
        for (std::int64_t row = 0; row < labels.size(); ++row) {
            const float* z = logits.data() + row * net.task.symbols;
            right += std::max_element(z, z + net.task.symbols) - z == labels.data()[row];
            ++asked;
        }
    }
    return double(right) / double(asked);
}

// [train]
// Train a network, each step on sequences that it never saw; return its curve of accuracies.
template <class Net>
Series train(Net& net, const std::string& name, Progress& progress, const Options& options) {
    AdamOptimizer optimizer(net.parameters(), 3e-3, 0.9, 0.99);
    const Schedule rate = warm_up(20, cosine_annealing(3e-3, 3e-4, steps - 20));
    SoftmaxCrossEntropyLoss<float> loss;
    Series curve{.name = name};
    Tensor<std::int32_t> ids, labels;
    for (std::int64_t step = 0; step <= steps; ++step) {
        if (interrupted()) throw Interrupted("stopped");
        if (step % 20 == 0) {
            curve.x.push_back(double(step));
            curve.y.push_back(accuracy(net, 2, options));
        }
        net.task.draw(options.seed, std::uint64_t(step), ids, labels);
        ids = ids.to(net.embedding.device()), labels = labels.to(net.embedding.device());
        zero_gradients(net.parameters());
        loss.forward(net.forward(ids), labels);
        net.backward(loss.backward());
        optimizer.learning_rate = rate(step);
        optimizer.step();
        progress.advance(1, name);
    }
    return curve;
}
// [train]

// Layers of the same kind, each with a name of its own.
template <class T>
std::vector<SelfAttention<T>> attention_layers(int count, std::uint64_t seed, Device device,
                                               bool causal = true) {
    std::vector<SelfAttention<T>> layers;
    for (int i = 1; i <= count; ++i)
        layers.emplace_back(fmt::format("attention{}", i), channels, 1, seed, gpt2_deviation, device, causal);
    return layers;
}
template <class Mix>
std::vector<Mix> other_layers(int count, std::int64_t width, std::uint64_t seed) {
    std::vector<Mix> layers;
    for (int i = 1; i <= count; ++i) layers.emplace_back(fmt::format("mix{}", i), width, seed);
    return layers;
}

template <class Net>
std::int64_t parameters(Net& net) {
    std::int64_t count = 0;
    for (const auto* p : net.parameters()) count += p->value.size();
    return count;
}

// ---------------------------------------------------------------------------------------------------------------
// What the trained network looks at.

using AttentionNet = RecallNet<float, SelfAttention<float>>;

// [maps]
// The shares of each layer on each sequence of a batch, (batch, time, time): the layers' own queries and
// keys, through the formulas of this page.
std::vector<Tensor<double>> shares_of(AttentionNet& net, const Tensor<std::int32_t>& ids) {
    const std::int64_t batch = ids.shape(0), time = ids.shape(1), width = net.channels();
    std::vector<Tensor<double>> maps;
    const Tensor<std::int32_t> there = ids.to(net.embedding.device());
    const Tensor<float>* x = &net.embedding.forward(there);
    const Tensor<float>* normal = &net.norms[0].forward(*x);
    for (std::size_t layer = 0; layer < net.mix.size(); ++layer) {
        const Tensor<float> qkv = net.mix[layer].qkv.forward(*normal).to(Device::cpu);
        maps.emplace_back(Shape{batch, time, time});
        for (std::int64_t b = 0; b < batch; ++b) {
            Tensor<double> part[3] = {Tensor<double>({time, width}), Tensor<double>({time, width}),
                                      Tensor<double>({time, width})};
            for (std::int64_t t = 0; t < time; ++t)
                for (std::int64_t c = 0; c < 3 * width; ++c)
                    part[c / width].data()[t * width + c % width] =
                        double(qkv.data()[(b * time + t) * 3 * width + c]);
            const Tensor<double> shares = attend_by_formula(part[0], part[1], part[2], true).shares;
            std::copy_n(shares.data(), time * time, maps.back().data() + b * time * time);
        }
        normal = &net.norms[layer + 1].forward(*x, net.mix[layer].forward(*normal, batch, time));
        x = &net.norms[layer + 1].sum();
    }
    return maps;
}
// [maps]

// A sequence in letters and numbers: keys a, b, c, ..., values 1, 2, 3, ...
std::string spell(const RecallTask& task, const std::int32_t* ids, std::int64_t count) {
    std::string text;
    for (std::int64_t t = 0; t < count; ++t) {
        const std::int32_t id = ids[t];
        if (t > 0) text += ' ';
        text += id < task.symbols ? std::string(1, char('a' + id)) : std::to_string(id - task.symbols + 1);
    }
    return text;
}

void show_maps(AttentionNet& net, const Options& options, Report& report) {
    const RecallTask& task = net.task;
    Tensor<std::int32_t> ids, labels;
    task.draw(options.seed, fresh, ids, labels);
    const std::vector<Tensor<double>> maps = shares_of(net, ids);
    const std::int64_t time = task.time();

    // How much each layer looks where it should: values at the key before them, and queries at the value that
    // they ask for.
    double at_key = 0, at_value = 0;
    for (std::int64_t b = 0; b < task.batch; ++b) {
        const std::int32_t* id = ids.data() + b * time;
        for (std::int64_t j = 0; j < task.pairs; ++j)
            at_key += maps[0].data()[(b * time + 2 * j + 1) * time + 2 * j] / double(task.batch * task.pairs);
        for (std::int64_t i = 0; i < task.queries; ++i) {
            const std::int64_t query = 2 * task.pairs + i;
            for (std::int64_t j = 0; j < task.pairs; ++j)
                if (id[2 * j] == id[query])
                    at_value += maps[1].data()[(b * time + query) * time + 2 * j + 1] /
                                double(task.batch * task.queries);
        }
    }
    report.value("recall.at_key", "layer 1: share that a value gives to the key before it", at_key,
                 Unit::percent);
    report.value("recall.at_value", "layer 2: share that a query gives to the value it asks for", at_value,
                 Unit::percent);

    report.value("recall.example.pairs", "an example: pairs", spell(task, ids.data(), 2 * task.pairs));
    report.value("recall.example.queries", "keys that ask",
                 spell(task, ids.data() + 2 * task.pairs, task.queries));
    const Tensor<float> logits = net.forward(ids.to(net.embedding.device())).to(Device::cpu);
    std::string said;
    for (std::int64_t i = 0; i < task.queries; ++i) {
        const float* z = logits.data() + i * task.symbols;
        said += fmt::format("{}{}", i ? " " : "", std::max_element(z, z + task.symbols) - z + 1);
    }
    report.value("recall.example.said", "what the network says", said);

    // Draw each share as four by four pixels.
    constexpr std::int64_t zoom = 4;
    ImageGrid grid{
        .title = "Who looks at whom",
        .width = int(zoom * time),
        .height = int(zoom * time),
        .columns = 2,
        .description =
            "Two maps of shares, a row for each token that looks. In the first layer values look at the "
            "key before them: a chain of strong cells below the diagonal. In the second each of the last "
            "eight tokens, the queries, looks at one value among the pairs."};
    for (std::int64_t t = 0; t < time; ++t) grid.parts.push_back(spell(task, ids.data() + t, 1));
    for (std::size_t layer = 0; layer < maps.size(); ++layer) {
        Image image{.caption = fmt::format("layer {}", layer + 1)};
        for (std::int64_t y = 0; y < zoom * time; ++y)
            for (std::int64_t x = 0; x < zoom * time; ++x)
                image.pixels.push_back(
                    std::uint8_t(std::lround(255 * maps[layer].data()[y / zoom * time + x / zoom])));
        grid.images.push_back(image);
    }
    report.figure("maps", grid);
}

// All gradients of a small network, in double, against central differences; as a share of the largest.
template <class Net>
double gradient_error(Net net) {
    Tensor<std::int32_t> ids, labels;
    net.task.draw(1, 0, ids, labels);
    SoftmaxCrossEntropyLoss<double> loss;
    zero_gradients(net.parameters());
    loss.forward(net.forward(ids), labels);
    net.backward(loss.backward());
    double error = 0, size = 0;
    constexpr double h = 1e-5;
    for (Parameter<double>* p : net.parameters())
        for (std::int64_t i = 0; i < p->value.size(); i += 7) {
            double& w = p->value.data()[i];
            const double old = w;
            w = old + h;
            const double up = loss.evaluate(net.forward(ids), labels);
            w = old - h;
            const double down = loss.evaluate(net.forward(ids), labels);
            w = old;
            error = std::max(error, std::fabs((up - down) / (2 * h) - p->gradient.data()[i]));
            size = std::max(size, std::fabs(p->gradient.data()[i]));
        }
    return error / size;
}

}  // namespace

void learn_to_recall(const Options& options, Report& report) {
    report.section("A task that needs looking back");
    const RecallTask task;
    const std::uint64_t seed = options.seed;
    report.value("recall.time", "tokens of a sequence", task.time());
    report.value("recall.steps", "training steps", steps);

    const RecallTask small{.batch = 2, .pairs = 3, .queries = 2, .symbols = 4};
    std::vector<SelfAttention<double>> narrow;
    for (const char* name : {"one", "two"}) narrow.emplace_back(name, 6, 2, seed);
    const double errors[] = {
        gradient_error(RecallNet<double, SelfAttention<double>>(small, 6, std::move(narrow), seed)),
        gradient_error(RecallNet<double, PrefixMean<double>>(
            small, 6, other_layers<PrefixMean<double>>(2, 6, seed), seed)),
        gradient_error(RecallNet<double, PrintedAttention<double>>(
            small, 6, other_layers<PrintedAttention<double>>(2, 6, seed), seed))};
    const double worst = *std::max_element(std::begin(errors), std::end(errors));
    report.value("recall.gradient_error", "error of the networks' gradients, relative",
                 worst < 1e-7 ? std::string("below 1e-7") : show(worst));

    LinePlot plot{
        .title = "What stood beside this key?",
        .x = {.label = "training step"},
        .y = {.label = "share of right answers", .low = 0, .high = 1},
        .rules = {{.value = 1.0 / double(task.pairs), .label = "guess one of the eight"}},
        .description =
            "Two layers of attention jump from an eighth to all answers right within some hundred steps; "
            "without places they climb more slowly. One layer, prefix means, attention with neither places "
            "nor "
            "mask, and D4's formula stay at an eighth or below."};
    Progress progress("training", 6 * (steps + 1));
    // [networks]
    const auto learn = [&](const std::string& name, const std::string& label, auto net) {
        plot.series.push_back(train(net, label, progress, options));
        report.value("recall.parameters." + name, label + ": parameters", parameters(net));
        report.value("recall." + name, label + ": right answers", accuracy(net, 32, options), Unit::percent);
        return net;
    };
    AttentionNet two = learn("two", "two layers of attention",
                             AttentionNet(task, channels, attention_layers<float>(2, seed, options.device),
                                          seed, true, options.device));
    learn("one", "one layer of attention",
          AttentionNet(task, channels, attention_layers<float>(1, seed, options.device), seed, true,
                       options.device));
    learn("placeless", "two layers, no places",
          AttentionNet(task, channels, attention_layers<float>(2, seed, options.device), seed, false,
                       options.device));
    learn("unmasked", "neither places nor mask",
          AttentionNet(task, channels, attention_layers<float>(2, seed, options.device, false), seed, false,
                       options.device));
    learn("mean", "two prefix means",
          RecallNet<float, PrefixMean<float>>(task, channels,
                                              other_layers<PrefixMean<float>>(2, channels, seed), seed));
    learn("printed", "two layers of D4's formula",
          RecallNet<float, PrintedAttention<float>>(
              task, channels, other_layers<PrintedAttention<float>>(2, channels, seed), seed));
    // [networks]
    progress.finish();
    report.figure("recall", plot);
    show_maps(two, options, report);
}

}  // namespace kbk
