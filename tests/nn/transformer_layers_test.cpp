// Layers of a transformer: gradients against central differences in double precision, the cache of keys and values, steps
// on both devices, groups of decay, clipping, and shapes that do not fit.
#include "common/nn/transformer_layers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "common/base/threads.hpp"
#include "common/nn/optimizer.hpp"
#include "tests/nn/gradient_check.hpp"
#include "tests/support/data.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/named.hpp"

namespace kbk::test {

namespace {

template <class T>
Tensor<T> tensor(Shape shape, std::string_view name) {
    const auto values = reals(shape.count(), name);
    return Tensor<T>(shape, std::vector<T>(values.begin(), values.end()));
}

Tensor<std::int32_t> tokens(std::int64_t batch, std::int64_t time, std::int64_t vocabulary) {
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < batch * time; ++i) ids.push_back(std::int32_t((i * i + 3 * i) % vocabulary));
    return {Shape{batch, time}, ids};
}

// Values far from their first ones, which are so small or so equal that mistakes would hide.
void spread(const Parameters<double>& parameters) {
    for (Parameter<double>* p : parameters) p->value = tensor<double>(p->value.shape(), p->name);
}

void check_parameters(const Parameters<double>& parameters, const std::function<double()>& loss) {
    for (Parameter<double>* p : parameters) {
        CHECK(!p->empty);
        // A constant added to all scores of a query changes no share, so the keys' biases have a gradient of zero.
        if (p->name.ends_with("c_attn.bias")) {
            const std::int64_t channels = p->value.size() / 3;
            for (const std::int64_t part : {std::int64_t(0), 2 * channels})
                check_gradient(p->name, p->value.values().subspan(std::size_t(part), std::size_t(channels)),
                               p->gradient.values().subspan(std::size_t(part), std::size_t(channels)), loss);
            for (std::int64_t j = channels; j < 2 * channels; ++j)
                CHECK(std::abs(p->gradient.values()[std::size_t(j)]) < 1e-10);
            continue;
        }
        check_gradient(p->name, p->value.values(), p->gradient.values(), loss);
    }
}

// The gradients of a layer by its input and its parameters, for the loss sum c_i y_i.
template <class Layer, class Forward>
void check_layer(Layer& layer, Shape shape, const Forward& forward) {
    spread(layer.parameters());
    Tensor<double> x = tensor<double>(shape, "x");
    const Tensor<double> c = tensor<double>(forward(x).shape(), "c");
    const auto loss = [&] { return dot(forward(x), c); };
    loss();
    zero_gradients(layer.parameters());
    const Tensor<double>& dx = layer.backward(c);
    check_gradient("input", x.values(), dx.values(), loss);
    check_parameters(layer.parameters(), loss);
}

}  // namespace

TEST_CASE("gradients of a normalisation, alone and after a branch") {
    LayerNorm<double> layer("ln", 7);
    check_layer(layer, {3, 7}, [&](const auto& x) -> const Tensor<double>& { return layer.forward(x); });

    // The branch has the same gradient as x. Past the normalisation goes the sum, with a loss of its own.
    const Tensor<double> c = tensor<double>({3, 7}, "c"), past = tensor<double>({3, 7}, "past");
    Tensor<double> x = tensor<double>({3, 7}, "x"), branch = tensor<double>({3, 7}, "branch");
    const auto loss = [&] { return dot(layer.forward(x, branch), c) + dot(layer.sum(), past); };
    loss();
    zero_gradients(layer.parameters());
    const Tensor<double>& dx = layer.backward(c, &past);
    check_gradient("x", x.values(), dx.values(), loss);
    check_gradient("branch", branch.values(), dx.values(), loss);
    check_parameters(layer.parameters(), loss);
}

TEST_CASE("gradients of an embedding, also when a head is tied to it") {
    Embedding<double> layer("", 6, 5, 4, 3);
    spread(layer.parameters());
    const auto ids = tokens(2, 4, 6);
    const Tensor<double> c = tensor<double>({8, 4}, "c"), d_logits = tensor<double>({8, 6}, "d");

    // loss = sum c y + sum d (y W^T), where W is the tokens' table again.
    Tensor<double> logits({8, 6});
    const auto loss = [&] {
        const Tensor<double>& y = layer.forward(ids);
        compute(BasicMatmul<double>{y.data(), layer.tokens.value.data(), logits.data(), 8, 6, 4, false, true}, Device::cpu);
        return dot(y, c) + dot(logits, d_logits);
    };
    loss();
    zero_gradients(layer.parameters());
    const Tensor<double>& y = layer.forward(ids);
    Tensor<double> dy = c.to(Device::cpu);
    compute(BasicMatmul<double>{.a = d_logits.data(), .b = y.data(), .c = layer.tokens.gradient.data(), .m = 6, .n = 4, .k = 8,
                                .transpose_a = true, .beta = layer.tokens.beta()},
            Device::cpu);
    compute(BasicMatmul<double>{.a = d_logits.data(), .b = layer.tokens.value.data(), .c = dy.data(), .m = 8, .n = 4, .k = 6,
                                .beta = 1},
            Device::cpu);
    layer.backward(dy);
    check_parameters(layer.parameters(), loss);
    // The last place was not used.
    for (std::size_t j = 16; j < 20; ++j) CHECK(layer.positions.gradient.values()[j] == 0);
}

TEST_CASE("gradients of self-attention, the feed-forward layers and a block") {
    for (const bool causal : {true, false}) {
        SelfAttention<double> attention("attn", 6, 2, 3, 0.1, Device::cpu, causal);
        check_layer(attention, {8, 6}, [&](const auto& x) -> const Tensor<double>& { return attention.forward(x, 2, 4); });
    }
    for (const Activation kind : {Activation::gelu_tanh, Activation::gelu, Activation::relu}) {
        FeedForward<double> layers("mlp", 4, 9, 3, 0.1, Device::cpu, kind);
        check_layer(layers, {5, 4}, [&](const auto& x) -> const Tensor<double>& { return layers.forward(x); });
    }
    Block<double> block("h.0", 6, 3, 2, 3);
    check_layer(block, {6, 6}, [&](const auto& x) -> const Tensor<double>& { return block.forward(x, 2, 3); });
}

TEST_CASE("a token does not see those behind it") {
    Block<float> block("h.0", 8, 2, 1, 3);
    for (auto* p : block.parameters()) p->value = tensor<float>(p->value.shape(), p->name);
    Tensor<float> x = tensor<float>({6, 8}, "x");
    const Tensor<float> before = block.forward(x, 1, 6).to(Device::cpu);
    for (std::int64_t j = 0; j < 8; ++j) x.data()[4 * 8 + j] += 1;  // the fifth token changes
    const Tensor<float>& after = block.forward(x, 1, 6);
    CHECK(std::equal(after.data(), after.data() + 32, before.data()));
    CHECK(!std::equal(after.data() + 32, after.data() + 40, before.data() + 32));
    CHECK(!std::equal(after.data() + 40, after.data() + 48, before.data() + 40));
}

TEST_CASE("with a cache, tokens one by one give what all together give") {
    const std::int64_t batch = 2, time = 7, channels = 8;
    Block<float> block("h.0", channels, 2, 1, 3);
    for (auto* p : block.parameters()) p->value = tensor<float>(p->value.shape(), p->name);
    const Tensor<float> x = tensor<float>({batch * time, channels}, "x");
    const Tensor<float> all = block.forward(x, batch, time).to(Device::cpu);

    // Three tokens at first, as of a prompt; then the others.
    KeyValueCache<float> cache(batch, time, channels);
    for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {3, 1}, {4, 1}, {5, 2}}) {
        Tensor<float> part({batch * count, channels});
        for (std::int64_t b = 0; b < batch; ++b)
            std::copy_n(x.data() + (b * time + first) * channels, count * channels, part.data() + b * count * channels);
        const Tensor<float>& y = block.extend(part, cache);
        CHECK(cache.length == first + count);
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t i = 0; i < count * channels; ++i)
                CHECK(y.data()[b * count * channels + i] ==
                      doctest::Approx(all.data()[(b * time + first) * channels + i]).epsilon(1e-5));
    }
    const std::string full = message_of([&] { block.extend(Tensor<float>({batch, channels}), cache); });
    CHECK(full == "h.0.attn.c_attn.weight: a cache of 7 tokens has no room for 8; start it anew with a shorter text");
    CHECK(message_of([&] { block.backward(x); }) != "no error");
}

TEST_CASE("layers begin as GPT-2's") {
    const auto deviation = [](const Tensor<float>& t) {
        double sum = 0, squares = 0;
        for (const float v : t.values()) sum += double(v), squares += double(v) * double(v);
        CHECK(std::abs(sum / double(t.size())) < 4e-4);
        return std::sqrt(squares / double(t.size()));
    };
    Block<float> block("h.0", 96, 4, 8, 1);
    CHECK(deviation(block.attention.qkv.weight.value) == doctest::Approx(0.02).epsilon(0.03));
    CHECK(deviation(block.feed_forward.hidden.weight.value) == doctest::Approx(0.02).epsilon(0.03));
    CHECK(deviation(block.attention.projection.weight.value) == doctest::Approx(0.005).epsilon(0.03));
    CHECK(deviation(block.feed_forward.projection.weight.value) == doctest::Approx(0.005).epsilon(0.03));
    Embedding<float> embedding("", 300, 100, 64, 1);
    CHECK(deviation(embedding.tokens.value) == doctest::Approx(0.02).epsilon(0.03));
    CHECK(deviation(embedding.positions.value) == doctest::Approx(0.02).epsilon(0.03));
    for (Parameter<float>* p : block.parameters()) {
        if (p->name.ends_with(".bias"))
            CHECK(std::ranges::all_of(p->value.values(), [](float v) { return v == 0; }));
        if (p->name.find(".ln_") != std::string::npos && p->name.ends_with(".weight"))
            CHECK(std::ranges::all_of(p->value.values(), [](float v) { return v == 1; }));
    }

    // Names, in the order of the layers.
    std::string names;
    for (Parameter<float>* p : block.parameters()) names += p->name.substr(4) + " ";
    CHECK(names == "ln_1.weight ln_1.bias attn.c_attn.weight attn.c_attn.bias attn.c_proj.weight attn.c_proj.bias "
                   "ln_2.weight ln_2.bias mlp.c_fc.weight mlp.c_fc.bias mlp.c_proj.weight mlp.c_proj.bias ");
    CHECK(embedding.parameters()[0]->name == "wte.weight");
    CHECK(embedding.parameters()[1]->name == "wpe.weight");
}

namespace {

// A model of one block that learns which token follows which.
struct Small {
    Embedding<float> embedding;
    Block<float> block;
    LayerNorm<float> norm;
    Linear<float> head;
    SoftmaxCrossEntropyLoss<float> criterion;

    explicit Small(Device device)
        : embedding("", 7, 6, 12, 3, device),
          block("h.0", 12, 3, 1, 3, device),
          norm("ln_f", 12, device),
          head("head", 12, 7, Initial::keras, 3, device) {}

    double step(const Tensor<std::int32_t>& ids, const Tensor<std::int32_t>& labels) {
        const double loss = criterion.forward(
            head.forward(norm.forward(block.forward(embedding.forward(ids), ids.shape(0), ids.shape(1)))), labels);
        embedding.backward(block.backward(norm.backward(head.backward(criterion.backward()))));
        return loss;
    }
    Parameters<float> parameters() {
        Parameters<float> all = embedding.parameters();
        for (const auto& own : {block.parameters(), norm.parameters(), head.parameters()})
            all.insert(all.end(), own.begin(), own.end());
        return all;
    }
};

struct Trained {
    std::vector<double> losses, norms;
    std::vector<float> weights;
};

Trained train(Device device, int steps, double limit = 0.5) {
    Small model(device);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 0.01, 0.9, 0.99);
    const auto ids = tokens(3, 6, 7).to(device);
    auto labels = tokens(1, 18, 7);
    for (std::int32_t& label : labels.values()) label = (label + 1) % 7;
    Tensor<std::int32_t> on_device = labels.to(device);
    on_device.resize({18});
    Trained trained;
    for (int i = 0; i < steps; ++i) {
        zero_gradients(model.parameters());
        trained.losses.push_back(model.step(ids, on_device));
        trained.norms.push_back(clip_gradients(model.parameters(), limit));
        optimizer.step();
    }
    for (Parameter<float>* p : model.parameters()) {
        const auto host = p->value.to(Device::cpu);
        trained.weights.insert(trained.weights.end(), host.values().begin(), host.values().end());
    }
    return trained;
}

}  // namespace

TEST_CASE("a transformer on Device::cuda trains as on the CPU, with the same bits in each run") {
    if (const std::string reason = unavailable(Device::cuda); !reason.empty()) {
        MESSAGE("not tested here: ", reason);
        return;
    }
    constexpr int steps = 6;
    const Trained there = train(Device::cuda, steps), here = train(Device::cpu, steps);
    CHECK(here.losses.back() < 0.9 * here.losses.front());  // it learns, so there is something to compare
    CHECK(*std::ranges::max_element(here.norms) > 0.5);     // and it clips
    for (std::size_t i = 0; i < steps; ++i) {
        CAPTURE(i);
        CHECK(std::abs(there.losses[i] - here.losses[i]) < 1e-5);
        CHECK(std::abs(there.norms[i] - here.norms[i]) < 1e-4);
    }
    const Trained again = train(Device::cuda, steps);
    CHECK(again.losses == there.losses);
    CHECK(again.weights == there.weights);
}

TEST_CASE("the same bits on any number of threads, and in each run") {
    const int before = threads();
    set_threads(1);
    const Trained one = train(Device::cpu, 5);
    set_threads(3);
    const Trained three = train(Device::cpu, 5), again = train(Device::cpu, 5);
    set_threads(before);
    CHECK(one.weights == three.weights);
    CHECK(one.norms == three.norms);
    CHECK(three.weights == again.weights);
}

TEST_CASE("a step of a transformer allocates nothing") {
    Small model(Device::cpu);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 0.01);
    const Parameters<float> parameters = model.parameters();
    const auto ids = tokens(3, 6, 7);
    const Tensor<std::int32_t> labels({18}, std::vector<std::int32_t>(18, 2));
    const auto step = [&] {
        zero_gradients(parameters);
        const double loss = model.step(ids, labels);
        clip_gradients(parameters, 1e-3);
        optimizer.step();
        return loss;
    };
    step(), step();
    const std::size_t before = allocations();
    const double loss = step();
    CHECK(allocations() == before);
    CHECK(std::isfinite(loss));
}

TEST_CASE("biases, scales and shifts do not decay") {
    Block<float> block("h.0", 4, 2, 1, 1);
    const auto groups = decay_groups(block.parameters(), 0.1);
    CHECK(groups.decaying.size() == 4);
    CHECK(groups.others.size() == 8);
    CHECK(groups.weight_decay == 0.1);

    // With gradients of zero, a step is the decay alone: 1 - 0.5 * 0.1.
    AdamOptimizer optimizer(groups, 0.5);
    std::vector<Tensor<float>> before;
    for (Parameter<float>* p : block.parameters()) {
        p->value = tensor<float>(p->value.shape(), p->name);
        before.push_back(p->value.to(Device::cpu));
        p->gradient.clear();
        p->empty = false;
    }
    optimizer.step();
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Parameter<float>& p = *block.parameters()[i];
        const double factor = p.value.shape().rank() == 2 ? 0.95 : 1;
        for (std::int64_t j = 0; j < p.value.size(); ++j)
            CHECK(p.value.data()[j] == doctest::Approx(factor * double(before[i].data()[j])).epsilon(1e-6));
    }
}

TEST_CASE("clipping keeps the direction and bounds the norm") {
    Parameter<float> a("a", {2, 2}, Device::cpu), b("b", {3}, Device::cpu);
    const auto fill = [&](float first) {
        a.gradient = Tensor<float>({2, 2}, std::vector<float>{first, 0, 0, 4});
        b.gradient = Tensor<float>({3}, std::vector<float>{0, 12, 0});
        a.empty = b.empty = false;
    };
    fill(3);
    CHECK(clip_gradients({&a, &b}, 26) == 13);  // 9 + 16 + 144
    CHECK(a.gradient.values()[0] == 3);
    CHECK(clip_gradients({&a, &b}, 6.5) == 13);
    CHECK(std::ranges::equal(a.gradient.values(), std::vector<float>{1.5f, 0, 0, 2}));
    CHECK(std::ranges::equal(b.gradient.values(), std::vector<float>{0, 6, 0}));
    CHECK(clip_gradients({&a, &b}, INFINITY) == 6.5);

    // What is no number shall be seen, not spread.
    fill(INFINITY);
    CHECK(std::isinf(clip_gradients({&a, &b}, 1)));
    CHECK(a.gradient.values()[3] == 4);
    fill(std::nanf(""));
    CHECK(std::isnan(clip_gradients({&a, &b}, 1)));
    CHECK(b.gradient.values()[1] == 12);

    CHECK(message_of([&] { clip_gradients({&a}, 0); }) ==
          "gradients were to be clipped to a norm of 0; the limit must be positive");
    b.empty = true;
    CHECK(message_of([&] { clip_gradients({&a, &b}, 1); }) ==
          "b has no gradient in this step: does the model's backward reach it?");
}

// Layers keep the address of what they read until `backward`; of x and a branch a normalisation keeps the sum.
static_assert(!TakesTemporary<LayerNorm<float>, Tensor<float>> &&
              TakesTemporary<LayerNorm<float>, Tensor<float>, Tensor<float>&> &&
              !TakesTemporary<Embedding<float>, Tensor<std::int32_t>> &&
              !TakesTemporary<Embedding<float>, Tensor<std::int32_t>, int> &&
              !TakesTemporary<SelfAttention<float>, Tensor<float>, int, int> &&
              !TakesTemporary<FeedForward<float>, Tensor<float>> && !TakesTemporary<Block<float>, Tensor<float>, int, int>);

TEST_CASE("shapes and tokens that do not fit are refused") {
    LayerNorm<float> norm("ln_1", 4);
    CHECK(message_of([&] { norm.forward(named(Tensor<float>({2, 5}))); }) ==
          "ln_1.weight takes rows of 4 numbers, not a tensor of shape (2, 5)");
    CHECK(message_of([&] { norm.forward(Tensor<float>({2, 4}), Tensor<float>({3, 4})); }) ==
          "ln_1.weight: a branch of shape (3, 4) cannot be added to rows of shape (2, 4)");
    CHECK(message_of([&] { norm.backward(Tensor<float>({2, 4})); }) ==
          "ln_1.weight: the gradient has shape (2, 4), the output had (0)");
    CHECK(message_of([] { LayerNorm<float>("ln_1", 0); }) == "ln_1.weight of rows of 0 numbers; at least 1 is needed");

    Embedding<float> embedding("", 5, 3, 4, 1), without_places("", 5, 0, 4, 1);
    CHECK(message_of([&] { embedding.forward(named(tokens(1, 4, 5))); }) ==
          "wpe.weight: 4 tokens from place 0 on do not fit a context of 3; shorten the text");
    CHECK(message_of([&] { embedding.forward(named(tokens(1, 2, 5)), 2); }) ==
          "wpe.weight: 2 tokens from place 2 on do not fit a context of 3; shorten the text");
    CHECK(message_of([&] { embedding.forward(named(tokens(1, 3, 5)), -1); }) ==
          "wpe.weight: 3 tokens from place -1 on do not fit a context of 3; shorten the text");
    CHECK(message_of([&] { embedding.forward(named(Tensor<std::int32_t>({3}, std::vector<std::int32_t>{1, 2, 3}))); }) ==
          "wte.weight takes tokens (batch, time), not a tensor of shape (3)");
    CHECK(message_of([&] { embedding.forward(named(Tensor<std::int32_t>({1, 2}, std::vector<std::int32_t>{1, 5}))); }) ==
          "token 5 at place 1 is not in the vocabulary of 5; is it of another tokenizer?");
    CHECK(without_places.parameters().size() == 1);
    CHECK(without_places.forward(named(tokens(1, 9, 5))).shape() == Shape{9, 4});
    CHECK(message_of([] { Embedding<float>("", 0, 3, 4, 1); }) ==
          "wte.weight of 0 tokens and 4 channels; each must be at least 1");

    SelfAttention<float> attention("attn", 6, 2, 1);
    CHECK(message_of([&] { attention.forward(named(Tensor<float>({8, 6})), 3, 3); }) ==
          "attn.c_attn.weight: 3 sequences of 3 tokens are rows of shape (9, 6), not (8, 6)");
    CHECK(message_of([&] { attention.backward(Tensor<float>({8, 6})); }) ==
          "attn.c_attn.weight: backward comes after forward");
    CHECK(message_of([] { SelfAttention<float>("attn", 6, 4, 1); }) == "attn: 4 heads do not divide 6 channels");
    CHECK(message_of([] { SelfAttention<float>("attn", 6, 0, 1); }) == "attn: 0 heads do not divide 6 channels");
    KeyValueCache<float> other(1, 4, 8), two(2, 4, 6);
    CHECK(message_of([&] { attention.extend(Tensor<float>({1, 6}), other); }) ==
          "attn.c_attn.weight: a cache of 8 channels serves no attention of 6");
    CHECK(message_of([&] { attention.extend(Tensor<float>({3, 6}), two); }) ==
          "attn.c_attn.weight: rows of shape (3, 6) cannot be shared out among 2 sequences");
}

}  // namespace kbk::test
