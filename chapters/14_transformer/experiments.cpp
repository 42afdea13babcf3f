#include "chapters/14_transformer/experiments.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>

#include "chapters/14_transformer/counting.hpp"
#include "chapters/14_transformer/gpt2.hpp"
#include "common/base/limits.hpp"
#include "common/data/byte_pair.hpp"
#include "common/data/text.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// The learning curve, beside what models that only count reach.
void draw_curve(Report& report, const std::string& name, const std::string& title,
                const std::vector<TextPoint>& curve, const CountingLosses& counted,
                std::vector<Rule> more = {}) {
    Series training{.name = "training", .mark = Mark::line_and_points},
        held_out{.name = "held out", .mark = Mark::line_and_points};
    for (const TextPoint& p : curve) {
        training.x.push_back(double(p.step));
        training.y.push_back(p.training);
        held_out.x.push_back(double(p.step));
        held_out.y.push_back(p.held_out);
    }
    std::vector<Rule> rules = {
        {counted.none, "counts alone"}, {counted.one, "one character back"}, {counted.two, "two back"}};
    rules.insert(rules.end(), more.begin(), more.end());
    report.figure(name, LinePlot{.title = title,
                                 .x = {.label = "step", .unit = Unit::count, .low = 0},
                                 .y = {.label = "loss in nats per character", .low = 1},
                                 .series = {training, held_out},
                                 .rules = rules,
                                 .description = "Loss on training and held-out text over the steps."});
}

void draw_positions(Report& report, const std::string& name, const std::vector<double>& by_position) {
    Series loss{.name = "held out"};
    for (std::size_t i = 0; i < by_position.size(); ++i) {
        loss.x.push_back(double(i) + 1);
        loss.y.push_back(by_position[i]);
    }
    report.figure(
        name,
        LinePlot{.title = "The more it has read, the less it is surprised",
                 .x = {.label = "characters that it has read", .scale = Scale::log2, .unit = Unit::count},
                 .y = {.label = "loss in nats per character"},
                 .series = {loss},
                 .description = "Mean loss of the held-out text by the place in a window."});
}

// Cosine similarity of the learned rows of places, as a picture: full ink is 1.
void draw_places(Report& report, const Gpt<float>& model) {
    const Tensor<float> rows = model.embedding.positions.value.to(Device::cpu);
    const std::int64_t places = rows.shape(0), channels = rows.shape(1);
    const auto product = [&](std::int64_t a, std::int64_t b) {
        double sum = 0;
        for (std::int64_t c = 0; c < channels; ++c)
            sum += double(rows.data()[a * channels + c]) * double(rows.data()[b * channels + c]);
        return sum;
    };
    Image image{.caption = "from place 1 to place 64, both ways"};
    for (std::int64_t a = 0; a < places; ++a)
        for (std::int64_t b = 0; b < places; ++b) {
            const double cosine = product(a, b) / std::sqrt(product(a, a) * product(b, b));
            image.pixels.push_back(std::uint8_t(std::lround(255 * std::clamp(cosine, 0.0, 1.0))));
        }
    report.figure("places",
                  ImageGrid{.title = "Which places look alike to the model",
                            .width = int(places),
                            .height = int(places),
                            .columns = 1,
                            .images = {image},
                            .description = "Cosine similarity of the learned rows of all pairs of places of a "
                                           "window: a strong diagonal with fainter ones beside it."});
}

// Stream what a model writes to the terminal.
std::string stream(Gpt<float>& model, const Tokenizer& tokenizer, const std::string& prompt,
                   std::int64_t count, const Sampling& sampling, std::uint64_t seed) {
    const auto print = [](std::string_view piece) {
        print_text(stdout, piece);
        std::fflush(stdout);
    };
    print("\n" + prompt);
    const std::string text = write_text(model, tokenizer, prompt, count, sampling, seed, print);
    print("\n\n");
    return text;
}

// A text as a page can quote it: lines joined by a stroke, without quotation marks.
std::string one_line(const std::string& text) {
    std::string line;
    for (const char c : text)
        if (c == '\n')
            line += line.ends_with("/ ") || line.empty() ? "" : " / ";
        else if (c != '"' && c != '\\')
            line += c;
    return line;
}

// Time of writing with and without a cache: both write the same text.
void compare_memory(Gpt<float>& model, const Tokenizer& tokenizer, const Options& options, Report& report) {
    const std::int64_t count = model.config.context - 1;
    const auto write = [&](Memory memory) {
        const auto start = Clock::now();
        const std::string text =
            write_text(model, tokenizer, "T", count, {.temperature = 0.8}, options.seed, {}, memory);
        return std::pair(text, seconds_since(start));
    };
    const auto [text, without] = write(Memory::none);
    const auto [same, with] = write(Memory::cache);
    report.value("cache.same", "with the cache it writes", text == same ? "the same text" : "another text");
    report.seconds("cache.without", fmt::format("writing {} characters, reading all again for each", count),
                   without);
    report.seconds("cache.with", "with keys and values remembered", with);
    report.measured("cache.gain", "gain", without / with, Unit::ratio);
}

std::filesystem::path folder_of(const Options& options, const char* name) {
    return options.checkpoints.empty() ? options.checkpoints : options.checkpoints / name;
}

bool resumes(const Options& options, const char* name) {
    return options.resume && std::filesystem::exists(folder_of(options, name));
}

void report_counts(Report& report, const std::string& key, const TextData& data,
                   const CountingLosses& counted) {
    report.value(key + ".characters", "characters", std::ssize(data.tokens));
    report.value(key + ".alphabet", "different ones", data.tokenizer.size());
    report.value(key + ".uniform", "loss of a model that knows nothing",
                 std::log(double(data.tokenizer.size())), Unit::plain, 3);
    report.value(key + ".counts", "of one that counts characters", counted.none, Unit::plain, 3);
    report.value(key + ".counts_one", "and looks at the one before", counted.one, Unit::plain, 3);
    report.value(key + ".counts_two", "and at the two before", counted.two, Unit::plain, 3);
}

// [widen_first_values]
// GPT-2's first weights suit its 768 channels. A sum of fewer terms needs larger ones to begin at the same
// size.
void widen_first_values(Gpt<float>& model) {
    const double factor = std::sqrt(768.0 / double(model.config.channels));
    for (Parameter<float>* p : model.parameters()) {
        if (p->value.shape().rank() < 2) continue;
        Tensor<float> values = p->value.to(Device::cpu);
        for (float& w : values.values()) w *= float(factor);
        p->value = values.to(model.device());
    }
}
// [widen_first_values]

}  // namespace

TextData::TextData(std::string contents)
    : text(std::move(contents)), tokenizer(text), tokens(tokenizer.encode(text)) {}

// [split_text]
std::span<const std::int32_t> TextData::training() const {
    return std::span(tokens).first(tokens.size() * 9 / 10);
}
std::span<const std::int32_t> TextData::held_out() const {
    return std::span(tokens).subspan(tokens.size() * 9 / 10);
}
// [split_text]

CountingLosses count_text(const TextData& data) {
    const auto loss = [&](int order) {
        return CountingModel(data.training(), data.tokenizer.size(), order, 0.1).loss(data.held_out());
    };
    return {loss(0), loss(1), loss(2)};
}

void train_short(const Options& options, Report& report) {
    report.section("A GPT reads this book");
    const std::string contents = options.dataset.empty() || options.dataset == "book"
                                     ? read_text(KBK_TEXT)
                                     : load_text(options.dataset, options.data);
    report.value("text.checksum", "CRC-32 of the text", checksum(contents));
    const TextData data(contents);
    const CountingLosses counted = count_text(data);
    report_counts(report, "text", data, counted);
    const auto signs = std::ranges::count_if(data.text, [](unsigned char c) { return std::ispunct(c); });
    report.value("text.table_digits", "digits of the number of entries of a table that looks 64 of them back",
                 std::int64_t(std::floor(65 * std::log10(double(data.tokenizer.size())))) + 1);
    report.value("text.signs", "share of punctuation and other signs",
                 double(signs) / double(data.text.size()), Unit::percent);

    // [train_short]
    const std::int64_t steps = 600;
    Gpt<float> model(
        {.vocabulary = data.tokenizer.size(), .context = 64, .layers = 2, .heads = 4, .channels = 128},
        options.seed, options.device);
    widen_first_values(model);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 4e-3, 0.9, 0.99);
    TextTrainer trainer(
        model, optimizer,
        {.steps = steps,
         .batch = 12,
         .seed = options.seed,
         .run = fmt::format("14_transformer short {} seed {}", checksum(contents), options.seed),
         .schedule = warm_up(20, cosine_annealing(4e-3, 2e-4, steps - 20)),
         .clip = 1,
         .evaluate_every = 50,
         .evaluated_tokens = 8192,
         .checkpoints = folder_of(options, "short"),
         .resume = resumes(options, "short")});
    const auto curve = trainer.fit(data.training(), data.held_out());
    // [train_short]

    // The held-out text has few windows: for the loss by place, cut it four times, each a quarter of a window
    // later.
    std::vector<double> by_position(64, 0), shifted;
    for (const std::size_t shift : {16, 32, 48, 0}) {
        trainer.evaluate(data.held_out().subspan(shift), &shifted);
        for (std::size_t i = 0; i < 64; ++i) by_position[i] += shifted[i] / 4;
    }
    const double loss = trainer.evaluate(data.held_out());
    report.value("steps", "steps", steps);
    report.value("parameters", "parameters", model.config.parameters());
    report.value("first_loss", "held-out loss after the first 50 steps", curve.front().held_out, Unit::plain,
                 3);
    report.value("training_loss", "training loss of the last 50 steps", curve.back().training, Unit::plain,
                 3);
    report.headline("loss", "loss on the held-out tenth", loss, Unit::plain, 3);
    report.value("choices", "as unsure as among so many equally likely characters", std::exp(loss),
                 Unit::plain, 1);
    report.value("loss_first", "loss of a window's first character", by_position.front(), Unit::plain, 2);
    double late = 0;
    for (std::size_t i = 32; i < 64; ++i) late += by_position[i] / 32;
    report.value("loss_late", "of its second half", late, Unit::plain, 2);
    report.seconds("seconds", "time of the training steps", curve.back().seconds);
    draw_curve(report, "curve", "A GPT reads this book", curve, counted);
    draw_positions(report, "positions", by_position);
    draw_places(report, model);

    report.section("It writes");
    stream(model, data.tokenizer, "The ", 400, {.temperature = 0.7, .top_k = 20}, options.seed);
    compare_memory(model, data.tokenizer, options, report);
}

namespace {

// nanoGPT's small configuration for CPUs, to the end, and judged by the whole last tenth.
void train_small(const Options& options, const TextData& data, const CountingLosses& counted,
                 Report& report) {
    report.section("nanoGPT's small configuration: 4 layers, 4 heads, 128 wide, context 64, 2,000 steps");
    // [train_small]
    Gpt<float> model(
        {.vocabulary = data.tokenizer.size(), .context = 64, .layers = 4, .heads = 4, .channels = 128},
        options.seed, options.device);
    widen_first_values(model);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 1e-3, 0.9, 0.99);
    TextTrainer trainer(model, optimizer,
                        {.steps = 2000,
                         .batch = 12,
                         .seed = options.seed,
                         .run = fmt::format("14_transformer small seed {}", options.seed),
                         .schedule = warm_up(100, cosine_annealing(1e-3, 1e-4, 1900)),
                         .checkpoints = folder_of(options, "small"),
                         .resume = resumes(options, "small")});
    const auto curve = trainer.fit(data.training(), data.held_out());
    const double loss = trainer.evaluate(data.held_out());
    // [train_small]
    report.value("small.parameters", "parameters", model.config.parameters());
    report.value("small.claim", "nanoGPT's loss with this configuration, on random windows", 1.88,
                 Unit::plain, 2);
    report.headline("small.loss", "loss on the whole last tenth", loss, Unit::plain, 3);
    report.value("small.training_loss", "training loss of the last 250 steps", curve.back().training,
                 Unit::plain, 3);
    const double flops = 3 * 12 * model.config.flops(0, 64, 64);
    report.seconds("small.seconds", "time of the training steps", curve.back().seconds);
    report.seconds("small.step", "time of the quickest step", trainer.quickest_step());
    report.measured("small.gflops", "GFLOP/s of the quickest step", flops / trainer.quickest_step() * 1e-9,
                    Unit::plain, 0);
    draw_curve(report, "small_curve", "nanoGPT's small configuration", curve, counted, {{1.88, "nanoGPT"}});
    const std::string text =
        stream(model, data.tokenizer, "\n", 400, {.temperature = 0.8, .top_k = 40}, options.seed);
    report.measured("small.sample", "the beginning, as one line", one_line(text.substr(0, 240)));
}

// nanoGPT's larger configuration, in windows of 8 a step instead of 64, as long as --minutes allow.
void train_larger(const Options& options, const TextData& data, const CountingLosses& counted,
                  Report& report) {
    report.section("A larger one: 6 layers, 6 heads, 384 wide, context 256");
    // [train_larger]
    const std::int64_t steps = 1500;
    Gpt<float> model(
        {.vocabulary = data.tokenizer.size(), .context = 256, .layers = 6, .heads = 6, .channels = 384},
        options.seed, options.device);
    widen_first_values(model);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 1e-3, 0.9, 0.99);
    TextTrainer trainer(model, optimizer,
                        {.steps = steps,
                         .batch = 8,
                         .seed = options.seed,
                         .run = fmt::format("14_transformer larger seed {} steps {}", options.seed, steps),
                         .schedule = warm_up(100, cosine_annealing(1e-3, 1e-4, steps - 100)),
                         .evaluate_every = 100,
                         .checkpoints = folder_of(options, "larger"),
                         .resume = resumes(options, "larger"),
                         .seconds_at_most = 60 * options.minutes});
    const auto curve = trainer.fit(data.training(), data.held_out());
    // [train_larger]
    report.value("larger.parameters", "parameters", model.config.parameters());
    report.value("larger.steps", "steps taken", curve.back().step);
    report.value("larger.claim",
                 "nanoGPT's loss after 5,000 steps of eight times as many windows, with dropout", 1.47,
                 Unit::plain, 2);
    report.headline("larger.loss", "loss on the whole last tenth", trainer.evaluate(data.held_out()),
                    Unit::plain, 3);
    report.seconds("larger.seconds", "time of the training steps", curve.back().seconds);
    report.seconds("larger.step", "time of the quickest step", trainer.quickest_step());
    const double flops = 3 * 8 * model.config.flops(0, 256, 256);
    report.measured("larger.gflops", "GFLOP/s of the quickest step", flops / trainer.quickest_step() * 1e-9,
                    Unit::plain, 0);
    draw_curve(report, "larger_curve", "A larger GPT, as far as the time allowed", curve, counted,
               {{1.4697, "nanoGPT"}});
    const std::string text =
        stream(model, data.tokenizer, "\n", 400, {.temperature = 0.8, .top_k = 40}, options.seed);
    report.measured("larger.sample", "the beginning, as one line", one_line(text.substr(0, 240)));
    if (curve.back().step < steps)
        report.text("The time was up after step {} of {}; the same command with --resume goes on.",
                    curve.back().step, steps);
}

// One training step of GPT-2's sizes with random weights.
void step_gpt2(const Options& options, Report& report) {
    report.section("GPT-2's sizes: a training step with random weights");
    const GptConfig config = gpt2_config();
    const std::int64_t batch = 4, time = 64;
    Gpt<float> model(config, options.seed, options.device);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 6e-4, 0.9, 0.95);
    TextTrainer trainer(model, optimizer, {.steps = 1, .batch = batch, .run = "GPT-2", .show = false});
    Tensor<std::int32_t> x({batch, time}), next({batch * time});
    for (std::int64_t i = 0; i < batch * time; ++i) {
        x.data()[i] = std::int32_t(i * 7919 % config.vocabulary);
        next.data()[i] = std::int32_t((i + 1) * 7919 % config.vocabulary);
    }
    x = x.to(options.device);
    next = next.to(options.device);

    // The first step lets buffers grow; of the next ones, and of the machine's limit between them, the
    // fastest counts.
    const double loss = trainer.step(x, next);
    double fastest = 1e9, peak = 0;
    for (int i = 0; i < 3; ++i) {
        auto start = Clock::now();
        trainer.step(x, next);
        fastest = std::min(fastest, seconds_since(start));
        start = Clock::now();
        const double operations = multiply_add(1000000);
        peak = std::max(peak, operations / seconds_since(start));
    }
    const double flops = 3 * double(batch) * config.flops(0, time, time);
    report.value("gpt2.parameters", "parameters", config.parameters());
    report.value("gpt2.first_loss", "loss before the first step", loss, Unit::plain, 2);
    report.value("gpt2.uniform", "loss of a model that knows nothing", std::log(double(config.vocabulary)),
                 Unit::plain, 2);
    report.value("gpt2.step_gflop", "GFLOP of a step on 4 windows of 64 tokens", flops * 1e-9, Unit::plain,
                 1);
    report.seconds("gpt2.step", "time of a step", fastest);
    report.measured("gpt2.gflops", "GFLOP/s", flops / fastest * 1e-9, Unit::plain, 0);
    report.measured("gpt2.limit", "GFLOP/s that this machine's multiply-adds allow", peak * 1e-9, Unit::plain,
                    0);
    report.measured("gpt2.share", "share of the limit", flops / fastest / peak, Unit::percent, 0);
}

}  // namespace

void train_in_full(const Options& options, Report& report) {
    const TextData data(
        load_text(options.dataset.empty() ? "tinyshakespeare" : options.dataset, options.data));
    const CountingLosses counted = count_text(data);
    report.section("The text");
    report_counts(report, "shakespeare", data, counted);
    step_gpt2(options, report);
    train_small(options, data, counted, report);
    train_larger(options, data, counted, report);
}

void write_with_gpt2(const Options& options, Report& report) {
    const std::filesystem::path folder = options.data / "gpt2";
    require(!options.data.empty() && std::filesystem::exists(folder / "model.safetensors"),
            "--dataset gpt2 needs --data DIR, with GPT-2's model.safetensors, vocab.json and merges.txt in "
            "DIR/gpt2; {}",
            options.data.empty() ? "there is no --data" : folder.string() + " has no model.safetensors");
    report.section("GPT-2 writes");
    const BytePairTokenizer tokenizer = BytePairTokenizer::load(folder);
    Gpt<float> model(gpt2_config(), options.seed, options.device);
    load_gpt2(folder / "model.safetensors", model);
    const auto start = Clock::now();
    stream(model, tokenizer, "The meaning of life is", 50, {.temperature = 0.8, .top_k = 50}, options.seed);
    report.seconds("gpt2.writing", "time for 50 tokens", seconds_since(start));
}

}  // namespace kbk
