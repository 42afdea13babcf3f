// Chapter 14's GPT: its layers together, its training, and how it writes.
#include "chapters/14_transformer/gpt.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "chapters/14_transformer/sampling.hpp"
#include "chapters/14_transformer/text_trainer.hpp"
#include "chapters/14_transformer/writer.hpp"
#include "common/base/threads.hpp"
#include "tests/support/close.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/named.hpp"
#include "tests/support/temporary_folder.hpp"

namespace kbk::test {

using kbk::test::message_of;

namespace {

using Tokens = std::vector<std::int32_t>;

constexpr GptConfig tiny = {.vocabulary = 7, .context = 5, .layers = 2, .heads = 2, .channels = 6};
constexpr GptConfig small = {.vocabulary = 6, .context = 16, .layers = 2, .heads = 2, .channels = 16};

Tensor<std::int32_t> tokens_of(Shape shape, const Tokens& tokens) {
    return Tensor<std::int32_t>(shape, tokens);
}

// Tokens of a text that a model of six of them can learn: it counts, with a turn now and then.
Tokens counting(std::size_t count) {
    Tokens tokens(count);
    for (std::size_t i = 0; i < count; ++i) tokens[i] = std::int32_t((i + i / 11) % 6);
    return tokens;
}

bool equal(Gpt<float>& a, Gpt<float>& b) {
    const auto first = a.parameters(), second = b.parameters();
    for (std::size_t i = 0; i < first.size(); ++i)
        if (!find_bit_difference(first[i]->value.values(), second[i]->value.values()).empty()) return false;
    return true;
}

// Make weights large enough for attention to differ from a mean, and biases and scales of all layers matter.
template <class T>
void stir(Gpt<T>& model) {
    for (Parameter<T>* p : model.parameters()) {
        const Philox random(9, stream_id(p->name));
        for (std::size_t i = 0; i < p->value.values().size(); ++i)
            p->value.values()[i] += T(random.uniform(i)) - T(0.5);
    }
}

double loss_of(Gpt<double>& model, const Tensor<std::int32_t>& x, const Tensor<std::int32_t>& next) {
    SoftmaxCrossEntropyLoss<double> loss;
    return loss.evaluate(model.forward(x), next);
}

struct Threads {
    explicit Threads(int count) { set_threads(count); }
    ~Threads() { set_threads(before); }
    int before = threads();
};

}  // namespace

TEST_CASE("parameters are as many as their formula says") {
    for (const GptConfig& config : {tiny, small, GptConfig{65, 64, 4, 4, 128}}) {
        Gpt<float> model(config, 1);
        std::int64_t count = 0;
        for (const auto* p : model.parameters()) count += p->value.size();
        CHECK(count == config.parameters());
    }
    // As published: 124 million.
    CHECK(gpt2_config().parameters() == 124439808);
}

TEST_CASE("operations are those of the products, counted one by one") {
    const GptConfig& c = tiny;
    for (const auto& [before, count] :
         {std::pair<std::int64_t, std::int64_t>{0, 5}, {0, 1}, {3, 1}, {2, 3}}) {
        double products = 0;
        for (std::int64_t layer = 0; layer < c.layers; ++layer)
            for (std::int64_t t = before; t < before + count; ++t) {
                products += double(c.channels * 3 * c.channels + c.channels * c.channels +
                                   2 * c.channels * 4 * c.channels);
                for (std::int64_t seen = 0; seen <= t; ++seen) products += 2.0 * double(c.channels);
            }
        products += double(count * c.channels * c.vocabulary);
        CHECK(c.flops(before, count, count) == doctest::Approx(2 * products));
    }
    // Reading bit by bit costs what reading at once does.
    CHECK(c.flops(0, 3, 3) + c.flops(3, 2, 2) == doctest::Approx(c.flops(0, 5, 5)));
}

TEST_CASE("first values are GPT-2's") {
    Gpt<float> model({.vocabulary = 500, .context = 100, .layers = 8, .heads = 4, .channels = 64}, 1);
    const auto deviation = [](const Parameter<float>& p) {
        double sum = 0;
        for (const float x : p.value.values()) sum += double(x) * double(x);
        return std::sqrt(sum / double(p.value.size()));
    };
    for (const Parameter<float>* p : model.parameters()) {
        INFO(p->name);
        const auto all = p->value.values();
        if (p->value.shape().rank() == 1)
            CHECK(std::ranges::all_of(all, [&](float x) {
                return x ==
                       (p->name.find("ln_") != std::string::npos && p->name.ends_with(".weight") ? 1 : 0);
            }));
        else
            CHECK(deviation(*p) ==
                  doctest::Approx(p->name.ends_with("c_proj.weight") ? 0.02 / 4 : 0.02).epsilon(0.05));
    }
}

TEST_CASE("the gradient of the whole model is that of central differences") {
    Gpt<double> model(tiny, 1);
    stir(model);
    // A token that occurs twice and one that never does; the head shares their table.
    const Tensor<std::int32_t> x = tokens_of({2, 4}, {1, 3, 1, 0, 6, 2, 2, 5}),
                               next = tokens_of({8}, {3, 1, 0, 2, 2, 2, 5, 4});
    SoftmaxCrossEntropyLoss<double> loss;
    loss.forward(model.forward(x), next);
    zero_gradients(model.parameters());
    model.backward(loss.backward());
    constexpr double h = 1e-5;
    double largest = 0;
    for (Parameter<double>* p : model.parameters())
        for (std::size_t i = 0; i < p->value.values().size(); ++i) {
            double& w = p->value.values()[i];
            const double old = w;
            w = old + h;
            const double up = loss_of(model, x, next);
            w = old - h;
            const double down = loss_of(model, x, next);
            w = old;
            const double expected = (up - down) / (2 * h);
            largest = std::max(largest, std::fabs(expected));
            CHECK_MESSAGE(std::fabs(expected - p->gradient.values()[i]) <= 1e-8, p->name, " ", i);
        }
    CHECK(largest > 1e-2);
}

TEST_CASE("no token sees those behind it") {
    Gpt<double> model(tiny, 1);
    stir(model);
    const Tensor<double> before = model.forward(named(tokens_of({1, 5}, {1, 2, 3, 4, 5}))).to(Device::cpu);
    const Tensor<double>& after = model.forward(named(tokens_of({1, 5}, {1, 2, 3, 0, 6})));
    for (std::size_t i = 0; i < 5; ++i) {
        bool same = true;
        for (std::size_t j = 0; j < 7; ++j) same &= before.values()[i * 7 + j] == after.values()[i * 7 + j];
        CHECK(same == (i < 3));
    }
}

TEST_CASE("sequences of a batch do not see each other") {
    Gpt<double> model(tiny, 1);
    stir(model);
    const Tensor<double> both = model.forward(named(tokens_of({2, 3}, {1, 2, 3, 4, 5, 6}))).to(Device::cpu);
    const Tensor<double>& second = model.forward(named(tokens_of({1, 3}, {4, 5, 6})));
    CHECK(std::ranges::equal(both.values().subspan(21), second.values()));
}

TEST_CASE("a cache changes nothing but the time") {
    Gpt<double> model(tiny, 1);
    stir(model);
    const Tokens text = {1, 2, 0, 4, 5};
    const Tensor<double> whole = model.forward(named(tokens_of({1, 5}, text))).to(Device::cpu);
    for (const std::vector<std::int64_t>& cuts :
         {std::vector<std::int64_t>{1, 1, 1, 1, 1}, {5}, {2, 3}, {1, 3, 1}}) {
        GptCache<double> cache = model.cache();
        std::int64_t at = 0;
        for (const std::int64_t count : cuts) {
            const Tensor<std::int32_t> piece =
                tokens_of({1, count}, Tokens(text.begin() + at, text.begin() + at + count));
            const Tensor<double>& logits = model.extend(piece, cache);
            at += count;
            CHECK(logits.shape() == Shape{1, 7});
            for (std::size_t j = 0; j < 7; ++j)
                CHECK(logits.values()[j] ==
                      doctest::Approx(whole.values()[std::size_t(at - 1) * 7 + j]).epsilon(1e-12));
        }
        CHECK(cache.length() == 5);
        CHECK(message_of([&] {
                  model.extend(tokens_of({1, 1}, {0}), cache);
              }) ==
              "a text of 6 tokens is longer than the context of 5 that this model was made for; give it the "
              "last 5");
    }
}

TEST_CASE("what no model reads is refused") {
    Gpt<float> model(tiny, 1);
    CHECK(message_of([&] {
              model.forward(named(tokens_of({1, 6}, Tokens(6, 0))));
          }) ==
          "a text of 6 tokens is longer than the context of 5 that this model was made for; give it the last "
          "5");
    CHECK(message_of([&] {
              model.forward(named(tokens_of({1, 0}, {})));
          }) == "an empty prompt gives nothing to continue; begin with at least one token");
    CHECK(message_of([&] {
              model.forward(named(tokens_of({3}, {0, 1, 2})));
          }) == "a GPT reads tokens (batch, time), not a tensor of shape (3)");
    CHECK(message_of([&] { model.forward(named(tokens_of({1, 2}, {0, 7}))); }) != "no error");
    CHECK(message_of([] {
              Gpt<float>({.vocabulary = 7, .context = 5, .layers = 0, .heads = 2, .channels = 6}, 1);
          }) == "a GPT of 7 tokens, context 5, 0 layers, 2 heads and 6 channels; each must be at least 1");
    CHECK(message_of([] {
              Gpt<float>({.vocabulary = 7, .context = 5, .layers = 1, .heads = 4, .channels = 6}, 1);
          }) != "no error");
}

TEST_CASE("sampling, on the chapter's example") {
    const std::vector<float> logits = {2, 1, 0, -1};
    const double e = std::exp(1), sum = e * e + e + 1 + 1 / e;
    const auto p = probabilities(logits, {});
    CHECK(p[0] == doctest::Approx(e * e / sum));
    CHECK(p[3] == doctest::Approx(1 / e / sum));
    CHECK(std::accumulate(p.begin(), p.end(), 0.0) == doctest::Approx(1));
    CHECK(probabilities(logits, {.temperature = 0.5})[0] ==
          doctest::Approx(std::exp(4) / (std::exp(4) + std::exp(2) + 1 + std::exp(-2))));
    CHECK(probabilities(logits, {.temperature = 0}) == std::vector<double>{1, 0, 0, 0});

    const auto two = probabilities(logits, {.top_k = 2});
    CHECK(two[0] == doctest::Approx(e / (e + 1)));
    CHECK(two[1] == doctest::Approx(1 / (e + 1)));
    CHECK((two[2] == 0 && two[3] == 0));
    CHECK(probabilities(logits, {.top_k = 9}) == p);

    // 0.644, 0.237, 0.087, 0.032: the first alone reaches 0.6, two reach 0.88, three 0.96.
    const auto kept = [&](double top_p) {
        return 4 - std::ranges::count(probabilities(logits, {.top_p = top_p}), 0.0);
    };
    CHECK(kept(0.01) == 1);
    CHECK(kept(0.6) == 1);
    CHECK(kept(0.65) == 2);
    CHECK(kept(0.88) == 2);
    CHECK(kept(0.9) == 3);
    CHECK(kept(1) == 4);
    CHECK(probabilities(logits, {.top_p = 0.88})[1] == doctest::Approx(1 / (e + 1)));

    // First the three likeliest, then as many of them as reach 0.7 of what they have together.
    CHECK(std::ranges::count(probabilities(logits, {.top_k = 3, .top_p = 0.7}), 0.0) == 2);
}

TEST_CASE("sampling keeps the order of equals, and overflows nowhere") {
    CHECK(probabilities(std::vector<float>{1, 1, 1}, {.top_k = 2}) == std::vector<double>{0.5, 0.5, 0});
    CHECK(probabilities(std::vector<float>{1, 1, 1}, {.temperature = 0}) == std::vector<double>{1, 0, 0});
    CHECK(probabilities(std::vector<float>{3e38f, -3e38f}, {.temperature = 1e-6}) ==
          std::vector<double>{1, 0});
    CHECK(probabilities(std::vector<float>{5}, {.temperature = 3, .top_k = 1, .top_p = 0.1}) ==
          std::vector<double>{1});
}

TEST_CASE("a draw takes each token as often as its probability says") {
    const std::vector<double> p = {0.25, 0, 0.5, 0.25};
    CHECK(draw(p, 0) == 0);
    CHECK(draw(p, 0.2499) == 0);
    CHECK(draw(p, 0.25) == 2);
    CHECK(draw(p, 0.7499) == 2);
    CHECK(draw(p, 0.75) == 3);
    CHECK(draw(p, std::nextafter(1.0, 0.0)) == 3);
    // Where rounding leaves the sum below the number, the last possible one.
    CHECK(draw(std::vector<double>{0.5, 0.4999999, 0}, 0.99999999) == 1);
}

TEST_CASE("samplings outside their limits are refused") {
    const std::vector<float> logits = {1, 2};
    const auto complaint = [&](Sampling s) { return message_of([&] { probabilities(logits, s); }); };
    CHECK(complaint({.temperature = -1}) == "temperature -1; it must be 0 (the likeliest) or more");
    CHECK(complaint({.temperature = std::nan("")}) ==
          "temperature nan; it must be 0 (the likeliest) or more");
    CHECK(complaint({.top_k = -1}) == "the -1 likeliest tokens; take at least 1, or 0 for all");
    for (const double bad : {0.0, -0.5, 1.5, std::nan("")})
        CHECK(complaint({.top_p = bad}) ==
              fmt::format("tokens that reach a probability of {}; it must lie in (0, 1]", bad));
    CHECK(message_of([] {
              probabilities(std::vector<float>{1, NAN}, {});
          }).starts_with("logits that are not finite"));
    CHECK(message_of([] {
              probabilities(std::vector<float>{}, {});
          }).starts_with("logits that are not finite"));
}

TEST_CASE("a seed writes the same text again, with and without a cache, also beyond the context") {
    Gpt<float> model(small, 1);
    stir(model);
    const CharTokenizer tokenizer("abcdef");
    std::string shown;
    const auto write = [&](std::uint64_t seed, Memory memory) {
        return write_text(model, tokenizer, "abcab", 60, {.temperature = 0.9}, seed, {}, memory);
    };
    const std::string text = write(1, Memory::cache);
    CHECK(text.size() == 60);
    CHECK(write(1, Memory::cache) == text);
    CHECK(write(1, Memory::none) == text);
    CHECK(write(2, Memory::cache) != text);
    write_text(model, tokenizer, "abcab", 60, {.temperature = 0.9}, 1,
               [&](std::string_view piece) { shown += piece; });
    CHECK(shown == text);
    {
        const Threads one(1);
        CHECK(write(1, Memory::cache) == text);
    }
}

TEST_CASE("prompts and tokenisers that do not fit are refused") {
    Gpt<float> model(small, 1);
    const CharTokenizer tokenizer("abcdef");
    const auto complaint = [&](const Tokenizer& t, std::string_view prompt) {
        return message_of([&] { write_text(model, t, prompt, 1, {}, 1); });
    };
    CHECK(complaint(tokenizer, "abc") == "no error");
    CHECK(complaint(tokenizer, "") ==
          "an empty prompt gives nothing to continue; begin with at least one token");
    CHECK(complaint(tokenizer, std::string(17, 'a')) ==
          "a prompt of 17 tokens is longer than the context of 16 that this model was made for; give it the "
          "last 16");
    CHECK(complaint(tokenizer, std::string(16, 'a')) == "no error");
    CHECK(complaint(tokenizer, "abz").starts_with("character 'z' (U+007A) at position 2 is none of the 6 "));
    CHECK(complaint(CharTokenizer("abc"), "abc") ==
          "the tokeniser knows 3 pieces, the model 6; take the tokeniser that was saved beside the model");
}

TEST_CASE("a text that can be learned is learned") {
    const Tokens text = counting(3000);
    Gpt<float> model(small, 1);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 3e-3, 0.9, 0.99);
    TextTrainer trainer(model, optimizer,
                        {.steps = 150, .batch = 8, .run = "counting", .evaluate_every = 50, .show = false});
    CHECK(trainer.evaluate(text) == doctest::Approx(std::log(6)).epsilon(0.05));
    const auto curve = trainer.fit(std::span(text).first(2500), std::span(text).subspan(2500));
    CHECK(curve.size() == 3);
    CHECK(curve.back().step == 150);
    // Where it turns cannot be told for the first turn of a window; all else can.
    CHECK(curve.back().held_out < 0.35);
    CHECK(curve[0].held_out > curve[2].held_out);
}

TEST_CASE("judging a text tells each token once, by its place in a window") {
    const Tokens text =
        counting(16 * 300 + 6);  // whole windows, some more than are read at once, and a short one
    Gpt<float> model(small, 1);
    stir(model);
    AdamOptimizer optimizer(model.parameters());
    TextTrainer trainer(model, optimizer, {.steps = 1, .run = "judge", .show = false});
    std::vector<double> by_position;
    const double mean = trainer.evaluate(text, &by_position);
    CHECK(by_position.size() == 16);

    double sum = 0, first = 0;
    SoftmaxCrossEntropyLoss<float> loss;
    Tensor<float> row({1, 6});
    for (std::size_t begin = 0; begin + 1 < text.size(); begin += 16) {
        const auto count = std::int64_t(std::min<std::size_t>(16, text.size() - 1 - begin));
        const Tensor<std::int32_t> x = tokens_of(
            {1, count},
            Tokens(text.begin() + std::ptrdiff_t(begin), text.begin() + std::ptrdiff_t(begin) + count));
        const Tensor<float> logits = model.forward(x).to(Device::cpu);
        for (std::int64_t t = 0; t < count; ++t) {
            std::copy_n(logits.data() + t * 6, 6, row.data());
            const double own = loss.evaluate(row, tokens_of({1}, {text[begin + std::size_t(t) + 1]}));
            sum += own;
            if (t == 0) first += own;
        }
    }
    CHECK(mean == doctest::Approx(sum / double(text.size() - 1)).epsilon(1e-6));
    CHECK(by_position[0] == doctest::Approx(first / 301).epsilon(1e-6));
    CHECK(message_of([&] { trainer.evaluate(Tokens{1}); }) ==
          "a text of 1 tokens cannot be judged: at least 2 are needed");
    CHECK(trainer.evaluate(Tokens{1, 2}) > 0);
}

TEST_CASE(
    "a training that is stopped and resumed takes the same steps, bit for bit, on any number of threads") {
    const Tokens text = counting(1000);
    const TemporaryFolder folder;
    const auto train = [&](Gpt<float>& model, TextTraining training) {
        AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 1e-3, 0.9, 0.99);
        training.steps = 7;
        training.batch = 3;
        training.run = "test";
        training.schedule = warm_up(2, cosine_annealing(1e-2, 1e-3, 5));
        training.evaluate_every = 2;
        training.show = false;
        return TextTrainer(model, optimizer, training)
            .fit(std::span(text).first(900), std::span(text).subspan(900));
    };
    Gpt<float> straight(small, 1);
    const auto expected = train(straight, {});
    CHECK(expected.size() == 4);

    // Stop after each step.
    Gpt<float> stopped(small, 1);
    std::vector<TextPoint> curve;
    for (int piece = 0; piece < 7; ++piece) {
        const Threads some(1 + piece % 3);
        Gpt<float> fresh(small, 100);
        curve = train(piece == 0 ? stopped : fresh,
                      {.checkpoints = folder.path(), .resume = piece > 0, .seconds_at_most = 0});
        CHECK(curve.back().step == piece + 1);
        if (piece == 6) CHECK(equal(fresh, straight));
    }
    REQUIRE(curve.size() == expected.size());
    for (std::size_t i = 0; i < curve.size(); ++i) {
        CHECK(curve[i].step == expected[i].step);
        CHECK(curve[i].training == expected[i].training);
        CHECK(curve[i].held_out == expected[i].held_out);
    }

    // Another run's checkpoint, and another model's.
    Gpt<float> other(tiny, 1);
    AdamOptimizer optimizer(other.parameters());
    const auto complaint = [&](const char* run) {
        return message_of([&] {
            TextTrainer(other, optimizer,
                        {.steps = 1, .run = run, .checkpoints = folder.path(), .resume = true, .show = false})
                .fit(text, text);
        });
    };
    CHECK(complaint("another").find("is of another run:\n  test\nand not of\n  another") !=
          std::string::npos);
    CHECK(complaint("test").find("has no tensor wte.weight of shape (7, 6)") != std::string::npos);
}

TEST_CASE("trainings that cannot be are refused") {
    Gpt<float> model(small, 1);
    AdamOptimizer optimizer(model.parameters());
    const auto complaint = [&](TextTraining t) {
        t.show = false;
        return message_of([&] { TextTrainer(model, optimizer, t).fit(Tokens(16, 0), Tokens(16, 0)); });
    };
    CHECK(complaint({.steps = 0}) == "a training of 0 steps was asked for; at least 1 is needed");
    CHECK(complaint({.steps = 1, .batch = 0}) == "steps of 0 windows were asked for; at least 1 is needed");
    CHECK(complaint({.steps = 1, .clip = -1}).starts_with("gradients clipped at a norm of -1;"));
    CHECK(complaint({.steps = 1, .evaluate_every = 0}).starts_with("a point of the curve every 0 steps"));
    CHECK(complaint({.steps = 1, .resume = true}) == "cannot resume without a folder of checkpoints");
    CHECK(complaint({.steps = 1}) ==
          "a text of 16 tokens has no window of 16 with a token behind it; take a longer text or shorter "
          "windows");
    CHECK(message_of([&] {
              AdamOptimizer wild(model.parameters());
              TextTrainer(model, wild, {.steps = 9, .schedule = constant_rate(1e30), .show = false})
                  .fit(counting(100), counting(100));
          }).find("a smaller learning rate than 1e+30 may help") != std::string::npos);
}

TEST_CASE("Device::cuda gives the CPU's losses and the CPU's text") {
    if (const std::string reason = unavailable(Device::cuda); !reason.empty()) {
        MESSAGE("not tested here: ", reason);
        return;
    }
    const Tokens text = counting(200);
    std::vector<double> losses[2];
    std::string written[2];
    for (const Device device : {Device::cpu, Device::cuda}) {
        Gpt<float> model(tiny, 1, device);
        AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 1e-2);
        TextTrainer trainer(model, optimizer, {.steps = 1, .run = "device", .show = false});
        const Tensor<std::int32_t> x = tokens_of({2, 5}, Tokens(text.begin(), text.begin() + 10)),
                                   next = tokens_of({10}, Tokens(text.begin() + 1, text.begin() + 11));
        const int at = device == Device::cpu ? 0 : 1;
        for (int i = 0; i < 4; ++i) losses[at].push_back(trainer.step(x.to(device), next.to(device)));
        losses[at].push_back(trainer.evaluate(std::span(text).first(13)));
        written[at] = write_text(model, CharTokenizer("abcdefg"), "ab", 8, {}, 1);
    }
    CHECK(losses[0][0] > losses[0][3]);
    for (std::size_t i = 0; i < losses[0].size(); ++i)
        CHECK(losses[1][i] == doctest::Approx(losses[0][i]).epsilon(1e-5));
    CHECK(written[1] == written[0]);
}

TEST_CASE("a training step allocates nothing") {
    const Tokens text = counting(200);
    Gpt<float> model(small, 1);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1));
    TextTrainer trainer(model, optimizer, {.steps = 1, .run = "allocations", .show = false});
    const Tensor<std::int32_t> x = tokens_of({2, 8}, Tokens(text.begin(), text.begin() + 16)),
                               next = tokens_of({16}, Tokens(text.begin() + 1, text.begin() + 17));
    for (int i = 0; i < 3; ++i) trainer.step(x, next);
    const std::size_t before = allocations();
    for (int i = 0; i < 3; ++i) trainer.step(x, next);
    CHECK(allocations() == before);
}

}  // namespace kbk::test
