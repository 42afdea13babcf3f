/// @file
/// Chapter 14: a GPT that writes. The program reads from top to bottom as the chapter does.
#include <algorithm>
#include <cmath>

#include "chapters/14_transformer/counting.hpp"
#include "chapters/14_transformer/experiments.hpp"
#include "common/report/figure.hpp"

using namespace kbk;

namespace {

// ---------------------------------------------------------------------------------------------------------------
// A language model by hand.

void count_by_hand(Report& report) {
    report.section("A language model by hand");
    // [hand_counts]
    const std::string word = "abracadabra";
    const CharTokenizer tokenizer(word);
    const std::vector<std::int32_t> tokens = tokenizer.encode(word);
    const CountingModel none(tokens, tokenizer.size(), 0, 0), one(tokens, tokenizer.size(), 1, 0),
        two(tokens, tokenizer.size(), 2, 0);
    // [hand_counts]
    const auto chance = [&](const CountingModel& model, std::string_view before, std::string_view letter) {
        return model.probability(tokenizer.encode(before), tokenizer.encode(letter)[0]);
    };
    report.value("hand.a", "chance of a", chance(none, "", "a"), Unit::plain, 4);
    for (const char* letter : {"b", "c", "d"})
        report.value(fmt::format("hand.a{}", letter), fmt::format("chance of {} behind a", letter),
                     chance(one, "a", letter), Unit::plain, 2);
    report.value("hand.br", "chance of r behind b", chance(one, "b", "r"), Unit::plain, 2);
    report.value("hand.rac", "chance of c behind ra", chance(two, "ra", "c"), Unit::plain, 2);
    report.value("hand.abr", "chance of r behind ab", chance(two, "ab", "r"), Unit::plain, 2);
    report.value("hand.loss_none", "loss of the word, looking back at nothing", none.loss(tokens),
                 Unit::plain, 3);
    report.value("hand.loss_one", "at one letter", one.loss(tokens), Unit::plain, 3);
    report.value("hand.loss_two", "at two letters", two.loss(tokens), Unit::plain, 3);
    report.value("hand.choices", "as unsure as among so many letters", std::exp(one.loss(tokens)),
                 Unit::plain, 2);

    // In numbers.
    std::string numbers;
    for (const std::int32_t token : tokens) numbers += (numbers.empty() ? "" : " ") + std::to_string(token);
    report.value("hand.tokens", "the word in tokens", numbers);
}

// ---------------------------------------------------------------------------------------------------------------
// The model: sizes, parameters, operations.

struct Sized {
    const char* name;
    GptConfig config;
};

// [sizes]
const std::vector<Sized> sizes = {
    {"this chapter's", {.vocabulary = 78, .context = 64, .layers = 2, .heads = 4, .channels = 128}},
    {"nanoGPT's small one", {.vocabulary = 65, .context = 64, .layers = 4, .heads = 4, .channels = 128}},
    {"nanoGPT's larger one", {.vocabulary = 65, .context = 256, .layers = 6, .heads = 6, .channels = 384}},
    {"GPT-2", gpt2_config()},
    {"GPT-3", {.vocabulary = 50257, .context = 2048, .layers = 96, .heads = 96, .channels = 12288}},
};
// [sizes]

void count_sizes(Report& report) {
    report.section("The model, counted");
    std::vector<std::vector<std::string>> rows;
    BarChart shares{.title = "Where the parameters are",
                    .value = {.label = "share of the parameters", .unit = Unit::percent, .low = 0, .high = 1},
                    .groups = {"tokens", "places", "attention", "feed-forward"},
                    .digits = 0,
                    .description = "Shares of the parameters in tables, attention and feed-forward layers."};
    for (const auto& [name, c] : sizes) {
        const double all = double(c.parameters()), width = double(c.channels);
        shares.bars.push_back({name,
                               {double(c.vocabulary) * width / all, double(c.context) * width / all,
                                double(c.layers) * (4 * width * width + 4 * width) / all,
                                double(c.layers) * (8 * width * width + 5 * width) / all}});
        rows.push_back(
            {name, show(double(c.layers), Unit::count), show(width, Unit::count), show(all, Unit::count),
             fmt::format("{:.3g}", 3 * c.flops(0, c.context, c.context)),
             fmt::format("{:.2f}", 3 * c.flops(0, c.context, c.context) / (6 * all * double(c.context)))});
    }
    report.table(
        "", {"model", "layers", "channels", "parameters", "operations of a training window", "over 6 N T"},
        rows);
    report.figure("shares", shares);

    const GptConfig& c = sizes[0].config;
    report.value("count.tables", "parameters of both tables", (c.vocabulary + c.context) * c.channels);
    report.value("count.attention", "of a block's attention", 4 * c.channels * c.channels + 4 * c.channels);
    report.value("count.feed_forward", "of its feed-forward layers",
                 8 * c.channels * c.channels + 5 * c.channels);
    report.value("count.norms", "of its two normalisations", 4 * c.channels);
    report.value("count.all", "of this chapter's model", c.parameters());
    report.value("count.untied", "with a head of its own it would have",
                 c.parameters() + c.vocabulary * c.channels);
    report.value("count.small", "nanoGPT's small one", sizes[1].config.parameters());
    report.value("count.larger", "nanoGPT's larger one", sizes[2].config.parameters());
    report.value("count.gpt2", "GPT-2", sizes[3].config.parameters());
    report.value("count.gpt3", "GPT-3", sizes[4].config.parameters());
    report.value("count.step", "million operations of a training step on 12 windows",
                 36 * c.flops(0, 64, 64) * 1e-6, Unit::plain, 1);
    report.value("count.products_share", "of them in the blocks' weights",
                 double(c.layers) * 24 * 64 * double(c.channels * c.channels) / c.flops(0, 64, 64),
                 Unit::percent, 1);
    report.value("count.gpt3_tokens", "10^23 operations of GPT-3's training on 300 billion tokens by 6 N D",
                 6 * double(sizes[4].config.parameters()) * 300e9 * 1e-23, Unit::plain, 2);
    for (const std::size_t i : {3, 4})
        report.value(i == 3 ? "count.gpt2_weights" : "count.gpt3_weights",
                     fmt::format("GB that {}'s parameters take in float32", sizes[i].name),
                     double(sizes[i].config.parameters()) * sizeof(float) * 1e-9, Unit::plain, 1);
    GptConfig deep = gpt2_config();
    deep.layers *= 2;
    report.value("count.twice_layers", "operations of GPT-2 with twice the layers, over those of GPT-2",
                 deep.flops(0, 1024, 1024) / gpt2_config().flops(0, 1024, 1024), Unit::plain, 2);
    report.value("count.twice_parameters", "and its parameters",
                 double(deep.parameters()) / double(gpt2_config().parameters()), Unit::plain, 2);
}

// The shapes of a batch on its way through the model.
void follow_shapes(Report& report) {
    Gpt<float> model(sizes[0].config, 1);
    Tensor<std::int32_t> tokens({12, 64});
    for (std::int64_t i = 0; i < tokens.size(); ++i) tokens.data()[i] = std::int32_t(i % 78);
    // [follow_shapes]
    const Tensor<float>& rows = model.embedding.forward(tokens);
    Block<float>& block = model.blocks[0];
    const Tensor<float>& normal = block.norm1.forward(rows);
    const Tensor<float>& qkv = block.attention.qkv.forward(normal);
    const Tensor<float>& attended = block.attention.forward(normal, 12, 64);
    const Tensor<float>& hidden = block.feed_forward.hidden.forward(normal);
    const Tensor<float>& logits = model.forward(tokens);
    // [follow_shapes]
    report.table("A batch on its way", {"behind", "shape"},
                 {{"the tokeniser", tokens.shape().text()},
                  {"the tables", rows.shape().text()},
                  {"queries, keys, values", qkv.shape().text()},
                  {"attention", attended.shape().text()},
                  {"the hidden layer", hidden.shape().text()},
                  {"each block", rows.shape().text()},
                  {"the head", logits.shape().text()}});
    report.value("shape.rows", "behind the tables", rows.shape().text());
    report.value("shape.qkv", "queries, keys and values", qkv.shape().text());
    report.value("shape.hidden", "behind the hidden layer", hidden.shape().text());
    report.value("shape.logits", "logits", logits.shape().text());

    // Before it has learned anything, the model is as unsure as one can be.
    SoftmaxCrossEntropyLoss<float> loss;
    Tensor<std::int32_t> next({768});
    for (std::int64_t i = 0; i < 768; ++i) next.data()[i] = std::int32_t((i + 1) % 78);
    report.value("start.loss", "loss before the first step", loss.evaluate(logits, next), Unit::plain, 3);
    report.value("start.uniform", "logarithm of the vocabulary", std::log(78), Unit::plain, 3);

    // The residual stream's size behind each block, with and without the smaller first weights.
    const auto size_of = [](const Tensor<float>& x) {
        double sum = 0;
        for (const float v : x.values()) sum += double(v) * double(v);
        return std::sqrt(sum / double(x.size()));
    };
    Series scaled{.name = "c_proj from 0.02 / sqrt(2 layers)", .mark = Mark::line_and_points},
        plain{.name = "c_proj from 0.02", .mark = Mark::line_and_points};
    const GptConfig deep = {.vocabulary = 78, .context = 64, .layers = 24, .heads = 4, .channels = 128};
    for (Series* series : {&scaled, &plain}) {
        Gpt<float> tall(deep, 1);
        for (Block<float>& b : tall.blocks)
            if (series == &plain)
                for (Parameter<float>* p :
                     {&b.attention.projection.weight, &b.feed_forward.projection.weight})
                    for (float& w : p->value.values()) w *= float(std::sqrt(2.0 * 24));
        const Tensor<float>* h = &tall.embedding.forward(tokens);
        series->x.push_back(0);
        series->y.push_back(size_of(*h));
        for (std::size_t i = 0; i < tall.blocks.size(); ++i) {
            h = &tall.blocks[i].forward(*h, 12, 64);
            series->x.push_back(double(i) + 1);
            series->y.push_back(size_of(*h));
        }
    }
    report.value("stream.first", "size of the stream behind the tables", scaled.y.front(), Unit::plain, 3);
    report.value("stream.scaled", "behind 24 blocks", scaled.y.back(), Unit::plain, 3);
    report.value("stream.plain", "behind 24 blocks that all begin with 0.02", plain.y.back(), Unit::plain, 3);
    report.figure("stream", LinePlot{.title = "The residual stream, before any training",
                                     .x = {.label = "blocks", .unit = Unit::count},
                                     .y = {.label = "root mean square", .low = 0},
                                     .series = {scaled, plain},
                                     .description = "Size of the residual stream behind each of 24 blocks."});
}

// The gradient of the whole model, in double precision, against central differences.
void check_gradients(Report& report) {
    Gpt<double> model({.vocabulary = 7, .context = 5, .layers = 2, .heads = 2, .channels = 6}, 1);
    SoftmaxCrossEntropyLoss<double> loss;
    const Tensor<std::int32_t> x({2, 4}, std::vector<std::int32_t>{1, 3, 1, 0, 6, 2, 2, 5}),
        next({8}, std::vector<std::int32_t>{3, 1, 0, 2, 2, 2, 5, 4});
    for (Parameter<double>* p : model.parameters()) {
        const Philox random(1, stream_id(p->name, 1));
        for (std::size_t i = 0; i < p->value.values().size(); ++i)
            p->value.values()[i] += double(random.uniform(i)) - 0.5;
    }
    loss.forward(model.forward(x), next);
    zero_gradients(model.parameters());
    model.backward(loss.backward());
    double error = 0, size = 0;
    constexpr double h = 1e-5;
    for (Parameter<double>* p : model.parameters())
        for (std::size_t i = 0; i < p->value.values().size(); ++i) {
            double& w = p->value.values()[i];
            const double old = w;
            w = old + h;
            const double up = loss.evaluate(model.forward(x), next);
            w = old - h;
            const double down = loss.evaluate(model.forward(x), next);
            w = old;
            error = std::max(error, std::fabs((up - down) / (2 * h) - p->gradient.values()[i]));
            size = std::max(size, std::fabs(p->gradient.values()[i]));
        }
    report.value("gradients.error", "error of all gradients of a small GPT, relative",
                 error < 1e-7 * size ? std::string("below 1e-7") : show(error / size));
}

// ---------------------------------------------------------------------------------------------------------------
// Sampling, and what a cache saves.

void sample_by_hand(Report& report) {
    report.section("Choosing the next token");
    // [hand_sampling]
    const std::vector<float> logits = {2, 1, 0, -1};
    const std::vector<std::pair<const char*, Sampling>> ways = {{"as it is", {}},
                                                                {"temperature 0.5", {.temperature = 0.5}},
                                                                {"temperature 2", {.temperature = 2}},
                                                                {"top-k 2", {.top_k = 2}},
                                                                {"top-p 0.9", {.top_p = 0.9}}};
    // [hand_sampling]
    BarChart chart{.title = "Four logits, five ways to choose",
                   .value = {.label = "probability", .low = 0, .high = 1},
                   .groups = {"logit 2", "logit 1", "logit 0", "logit -1"},
                   .digits = 2,
                   .description = "Probabilities of four tokens under temperature, top-k and top-p."};
    const std::vector<std::string> names = {"plain", "cold", "hot", "top_k", "top_p"};
    for (std::size_t w = 0; w < ways.size(); ++w) {
        const std::vector<double> p = probabilities(logits, ways[w].second);
        chart.bars.push_back({ways[w].first, p});
        for (std::size_t i = 0; i < p.size(); ++i)
            report.value(fmt::format("sample.{}{}", names[w], i),
                         fmt::format("{}: token {}", ways[w].first, i), p[i], Unit::plain, 3);
    }
    report.figure("sampling", chart);
}

void count_cache(Report& report) {
    report.section("What remembering saves");
    const GptConfig& c = sizes[0].config;
    Series without{.name = "reads all again"}, with{.name = "remembers keys and values"};
    double all = 0, once = 0;
    for (std::int64_t n = 1; n <= c.context; ++n) {
        without.x.push_back(double(n));
        without.y.push_back(c.flops(0, n, 1) * 1e-6);
        with.x.push_back(double(n));
        with.y.push_back(c.flops(n - 1, 1, 1) * 1e-6);
        all += c.flops(0, n, 1);
        once += c.flops(n - 1, 1, 1);
    }
    report.value("cache.last_without", "million operations for the 64th character, all read again",
                 without.y.back(), Unit::plain, 1);
    report.value("cache.last_with", "with keys and values remembered", with.y.back(), Unit::plain, 2);
    report.value("cache.flops_gain", "operations saved on 64 characters, as a factor", all / once,
                 Unit::ratio, 1);
    report.value("cache.bytes", "bytes that the cache takes",
                 2 * c.layers * c.context * c.channels * std::int64_t(sizeof(float)));
    const GptConfig gpt2 = gpt2_config();
    report.value("cache.gpt2_megabytes", "MB that GPT-2's takes",
                 double(2 * gpt2.layers * gpt2.context * gpt2.channels) * sizeof(float) * 1e-6, Unit::plain,
                 1);
    report.figure("cache",
                  LinePlot{.title = "Work for the next character",
                           .x = {.label = "characters in the window", .unit = Unit::count, .low = 0},
                           .y = {.label = "million operations", .scale = Scale::log10},
                           .series = {without, with},
                           .description = "Operations for the next character with and without a cache."});
}

void chapter(const Options& options, Report& report) {
    if (options.dataset == "gpt2") return write_with_gpt2(options, report);
    if (options.full) return train_in_full(options, report);
    count_by_hand(report);
    count_sizes(report);
    follow_shapes(report);
    check_gradients(report);
    sample_by_hand(report);
    count_cache(report);
    train_short(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "14_transformer",
                        .title = "A GPT that writes",
                        .datasets = {"book", "tinyshakespeare", "gpt2"},
                        .minutes = 20},
                       chapter);
}
