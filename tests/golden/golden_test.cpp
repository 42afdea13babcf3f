// Our layers and optimisers against what PyTorch computes: golden files that make_golden.py wrote.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "chapters/02_losses/losses.hpp"
#include "chapters/07_mlp/mlp.hpp"
#include "chapters/14_transformer/gpt.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/nn/compute.hpp"
#include "common/nn/image_layers.hpp"
#include "common/nn/optimizer.hpp"
#include "kernels/attention/reference.hpp"
#include "kernels/softmax/reference.hpp"
#include "tests/support/close.hpp"
#include "tests/support/named.hpp"

namespace kbk::test {

namespace {

// A golden file: blocks of a name with its shape, and its numbers.
class Golden {
  public:
    explicit Golden(const std::string& name) {
        std::istringstream in(read_file(std::string(KBK_GOLDEN) + "/" + name + ".txt"));
        for (std::string head, body; std::getline(in, head);) {
            if (head.starts_with("#")) continue;
            require(bool(std::getline(in, body)), "{}: {} has no numbers", name, head);
            std::istringstream words(head);
            std::string key;
            words >> key;
            std::vector<std::int64_t> sizes;
            for (std::int64_t size; words >> size;) sizes.push_back(size);

            // strtod reads infinities, which streams do not.
            std::vector<double> values;
            for (const char* at = body.c_str(); *at;) {
                char* end;
                values.push_back(std::strtod(at, &end));
                require(end != at, "{}: {} is followed by something else than numbers", name, head);
                at = end;
            }
            blocks_.emplace(key, Block{Shape(std::span<const std::int64_t>(sizes)), values});
        }
    }

    // The numbers of that name in any type.
    template <class T>
    [[nodiscard]] Tensor<T> get(const std::string& name) const {
        const auto found = blocks_.find(name);
        require(found != blocks_.end(), "the golden file has no {}", name);
        const auto& [shape, values] = found->second;
        std::vector<T> converted;
        for (const double v : values) converted.push_back(static_cast<T>(v));
        return Tensor<T>(shape, converted);
    }

  private:
    struct Block {
        Shape shape;
        std::vector<double> values;
    };
    std::map<std::string, Block> blocks_;
};

// The largest difference of two tensors, relative to the largest expected magnitude; infinite for a NaN.
template <class T>
double difference(const Tensor<T>& found, const Tensor<T>& expected) {
    REQUIRE(found.shape() == expected.shape());
    double worst = 0, largest = 0;
    for (std::int64_t i = 0; i < found.size(); ++i) {
        const double f = double(found.data()[i]), e = double(expected.data()[i]);
        if (std::isfinite(e)) largest = std::max(largest, std::abs(e));
        if (f == e) continue;  // also two infinities
        worst = std::isnan(f - e) ? INFINITY : std::max(worst, std::abs(f - e));
    }
    return largest > 0 ? worst / largest : worst;
}

// In double nearly all digits agree; in float a few roundings of sums of a few terms.
template <class T>
constexpr double close = std::is_same_v<T, double> ? 1e-14 : 5e-7;

}  // namespace

TEST_CASE_TEMPLATE("layers compute what PyTorch's do", T, double, float) {
    const Golden golden("layers");
    const auto get = [&](const char* name) { return golden.get<T>(name); };
    SUBCASE("linear") {
        const Tensor<T> x = get("linear.x");
        Linear<T> layer("fc", x.shape(1), get("linear.bias").size(), Initial::pytorch, 1);
        layer.weight.value = get("linear.weight");
        layer.bias.value = get("linear.bias");
        CHECK(difference(layer.forward(x), get("linear.y")) < close<T>);
        CHECK(difference(layer.backward(get("linear.dy")), get("linear.dx")) < close<T>);
        CHECK(difference(layer.weight.gradient, get("linear.dweight")) < close<T>);
        CHECK(difference(layer.bias.gradient, get("linear.dbias")) < close<T>);
    }
    SUBCASE("relu") {
        ReLU<T> layer;
        const Tensor<T> x = get("relu.x");
        CHECK(difference(layer.forward(x), get("relu.y")) == 0);
        CHECK(difference(layer.backward(get("relu.dy")), get("relu.dx")) == 0);
    }
    SUBCASE("cross-entropy") {
        SoftmaxCrossEntropyLoss<T> layer;
        const Tensor<T> logits = get("cross_entropy.logits"), losses = get("cross_entropy.losses");
        const Tensor<std::int32_t> labels = golden.get<std::int32_t>("cross_entropy.labels");
        const std::int64_t rows = logits.shape(0), classes = logits.shape(1);
        double sum = 0;
        for (std::int64_t i = 0; i < rows; ++i) {
            const Tensor<T> row({1, classes},
                                std::span<const T>(logits.data() + i * classes, std::size_t(classes)));
            const Tensor<std::int32_t> label({1}, std::vector<std::int32_t>{labels.values()[std::size_t(i)]});
            const double expected = double(losses.values()[std::size_t(i)]),
                         found = layer.forward(row, label);
            INFO("row ", i);
            CHECK(std::abs(found - expected) <= close<T> * std::max(1.0, std::abs(expected)));
            sum += expected;
        }
        CHECK(layer.forward(logits, labels) == doctest::Approx(sum / double(rows)).epsilon(close<T>));
        CHECK(difference(layer.backward(), get("cross_entropy.gradient")) < close<T>);
    }
}

TEST_CASE_TEMPLATE("activation functions are PyTorch's", T, double, float) {
    const Golden golden("functions");
    const Tensor<T> x = golden.get<T>("activation.x"), dy = golden.get<T>("activation.dy");
    for (const Activation kind : all_activations) {
        INFO(name(kind));
        ActivationLayer<T> layer(kind);
        const std::string prefix = "activation." + std::string(name(kind));
        CHECK(difference(layer.forward(x), golden.get<T>(prefix + ".y")) < close<T>);
        CHECK(difference(layer.backward(dy), golden.get<T>(prefix + ".dx")) < close<T>);
    }
}

TEST_CASE_TEMPLATE("softmax is PyTorch's", T, double, float) {
    const Golden golden("functions");
    const Tensor<T> x = golden.get<T>("softmax.x"), dy = golden.get<T>("softmax.dy");
    Tensor<T> y(x.shape()), dx(x.shape());
    compute(BasicSoftmax<T>{x.data(), y.data(), x.shape(0), x.shape(1)}, Device::cpu);
    compute(BasicSoftmaxBackward<T>{y.data(), dy.data(), dx.data(), x.shape(0), x.shape(1)}, Device::cpu);
    CHECK(difference(y, golden.get<T>("softmax.y")) < close<T>);
    CHECK(difference(dx, golden.get<T>("softmax.dx")) < close<T>);
}

TEST_CASE_TEMPLATE("attention is PyTorch's", T, double, float) {
    const Golden golden("attention");
    for (const std::string name : {"causal", "full", "cached"}) {
        INFO(name);
        const auto get = [&](const char* part) { return golden.get<T>(name + "." + part); };
        const Tensor<T> q = get("q"), k = get("k"), v = get("v"), d_out = get("d_out");
        Tensor<T> out(q.shape()), log_sum({q.size() / q.shape(3)}), dq(q.shape()), dk(k.shape()), dv(v.shape());
        const bool causal = name != "full";
        compute(BasicAttention<T>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), q.shape(0), q.shape(1),
                                  q.shape(2), k.shape(2), q.shape(3), causal},
                Device::cpu);
        compute(BasicAttentionBackward<T>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), d_out.data(),
                                          dq.data(), dk.data(), dv.data(), q.shape(0), q.shape(1), q.shape(2),
                                          k.shape(2), q.shape(3), causal},
                Device::cpu);
        CHECK(difference(out, get("out")) < close<T>);
        // A share's error is that of its score, which is as large as the score: here up to ten roundings.
        CHECK(difference(dq, get("dq")) < 5 * close<T>);
        CHECK(difference(dk, get("dk")) < 5 * close<T>);
        CHECK(difference(dv, get("dv")) < 5 * close<T>);
    }
}

TEST_CASE("the losses of chapter 2 are PyTorch's") {
    const Golden golden("functions");
    const auto get = [&](const char* name) { return golden.get<double>(name); };
    const auto check = [&](const std::string& name, const Loss& found) {
        INFO(name);
        CHECK(std::abs(found.value - get((name + ".y").c_str()).values()[0]) < 1e-14 * (1 + std::abs(found.value)));
        const Tensor<double> gradient = get((name + ".dx").c_str());
        CHECK(difference(Tensor<double>(gradient.shape(), found.gradient), gradient) < 1e-13);
    };
    const Tensor<double> prediction = get("loss.prediction"), target = get("loss.target"), logits = get("loss.logits"),
                         truth = get("loss.truth"), probability = get("loss.probability"), p = get("loss.p"),
                         q = get("loss.q");
    check("loss.mse", mean_squared_error(prediction.values(), target.values()));
    check("loss.mae", mean_absolute_error(prediction.values(), target.values()));
    check("loss.huber", huber(prediction.values(), target.values(), 0.75));
    check("loss.bce", binary_cross_entropy(probability.values(), truth.values()));
    check("loss.bce_logits", binary_cross_entropy_of_logits(logits.values(), truth.values()));
    check("loss.kl", kl_divergence(p.values(), q.values(), p.shape(0)));
}

TEST_CASE_TEMPLATE("layers for images compute what PyTorch's do", T, double, float) {
    const Golden golden("images");
    const auto get = [&](const std::string& name) { return golden.get<T>(name); };

    // Forward and backward of one layer.
    const auto check = [&](const std::string& name, auto& layer) {
        INFO(name);
        const Tensor<T> x = get(name + ".x");
        CHECK(difference(layer.forward(x), get(name + ".y")) < close<T>);
        CHECK(difference(layer.backward(get(name + ".dy")), get(name + ".dx")) < close<T>);
    };
    for (const auto& [name, windows] :
         {std::pair("conv", Windows{}), std::pair("conv_flags", Windows{2, 2, 2, 2})}) {
        Conv2d<T> layer("conv", 4, 6, 3, windows, Initial::pytorch, 1);
        layer.weight.value = get(name + std::string(".weight"));
        layer.bias.value = get(name + std::string(".bias"));
        check(name, layer);
        CHECK(difference(layer.weight.gradient, get(name + std::string(".dweight"))) < close<T>);
        CHECK(difference(layer.bias.gradient, get(name + std::string(".dbias"))) < close<T>);
    }
    MaxPool2d<T> largest, largest_flags(3, 2, 1);
    AveragePool2d<T> mean, mean_flags(3, 2, 1);
    check("max_pool", largest);
    check("max_pool_flags", largest_flags);
    check("average_pool", mean);
    check("average_pool_flags", mean_flags);

    BatchNorm2d<T> norm("norm", 3);
    norm.scale.value = get("batch_norm.weight");
    norm.shift.value = get("batch_norm.bias");
    check("batch_norm", norm);
    CHECK(difference(norm.scale.gradient, get("batch_norm.dweight")) < close<T>);
    CHECK(difference(norm.shift.gradient, get("batch_norm.dbias")) < close<T>);
    CHECK(difference(norm.running_mean, get("batch_norm.running_mean")) < close<T>);
    CHECK(difference(norm.running_variance, get("batch_norm.running_var")) < close<T>);
    norm.training = false;
    CHECK(difference(norm.forward(named(get("batch_norm.x"))), get("batch_norm.judged")) < close<T>);
}

TEST_CASE("five steps of training end where PyTorch's do") {
    const Golden golden("training");
    const std::int64_t sizes[] = {12, 9, 7, 5, 4};
    const Tensor<float> x = golden.get<float>("x");
    const Tensor<std::int32_t> labels = golden.get<std::int32_t>("labels");
    const std::int64_t steps = x.shape(0), rows = x.shape(1);

    const auto check = [&](const std::string& kind, auto make) {
        INFO(kind);
        Mlp<float> model(sizes, Initial::pytorch, 1);
        for (auto* p : model.parameters()) p->value = golden.get<float>(p->name);
        auto optimizer = make(model.parameters());
        SoftmaxCrossEntropyLoss<float> loss;
        std::vector<float> losses;
        for (std::int64_t i = 0; i < steps; ++i) {
            const Tensor<float> batch(
                {rows, 12}, std::span<const float>(x.data() + i * rows * 12, std::size_t(rows * 12)));
            const Tensor<std::int32_t> classes(
                {rows}, std::span<const std::int32_t>(labels.data() + i * rows, std::size_t(rows)));
            zero_gradients(model.parameters());
            losses.push_back(static_cast<float>(loss.forward(model.forward(batch), classes)));
            model.backward(loss.backward());
            optimizer.step();
        }
        CHECK(difference(Tensor<float>({steps}, losses), golden.get<float>(kind + ".losses")) < 1e-6);
        for (auto* p : model.parameters()) {
            INFO(p->name);
            const Tensor<float> expected = golden.get<float>(kind + "." + p->name);
            CHECK(difference(p->value, expected) < 2e-6);
            // What is compared has moved, and by far more than the tolerance.
            CHECK(difference(expected, golden.get<float>(p->name)) > 1e-3);
        }
    };
    check("sgd", [](auto parameters) { return SgdOptimizer(parameters, 0.05); });
    check("momentum", [](auto parameters) { return SgdOptimizer(parameters, 0.05, 0.9); });
    check("decay", [](auto parameters) { return SgdOptimizer(parameters, 0.05, 0.9, 0.1); });
    check("nesterov", [](auto parameters) { return SgdOptimizer(parameters, 0.05, 0.9, 0.1, true); });
    check("adagrad", [](auto parameters) { return AdagradOptimizer(parameters, 0.02, 1e-10, 0.1); });
    check("rmsprop", [](auto parameters) { return RmsPropOptimizer(parameters, 0.005, 0.95, 1e-6, 0.1); });
    check("adam", [](auto parameters) { return AdamOptimizer(parameters, 0.01); });
    check("adam_l2",
          [](auto parameters) { return AdamOptimizer(parameters, 0.01, 0.8, 0.99, 1e-6, 0.1, false); });
    check("adamw", [](auto parameters) { return AdamOptimizer(parameters, 0.01, 0.8, 0.99, 1e-6, 0.1); });
}

TEST_CASE("twenty steps of a GPT find what PyTorch finds") {
    // Numbers that make_golden.py makes in the same way, in [-1, 1).
    const auto hashed = [](std::int64_t i, std::int64_t seed) {
        return double((std::uint64_t(i + seed * 40503) % (1ull << 32) * 2654435761u) % (1ull << 32)) * 0x1p-31 - 1;
    };
    const Golden golden("gpt");
    const std::int64_t vocabulary = 65, context = 16, batch = 4, steps = 20;
    Gpt<float> model({.vocabulary = vocabulary, .context = context, .layers = 2, .heads = 2, .channels = 32}, 1);
    const Parameters<float> parameters = model.parameters();
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const std::string& name = parameters[k]->name;
        const bool scale = name.find("ln_") != std::string::npos && name.ends_with(".weight");
        for (std::int64_t i = 0; i < parameters[k]->value.size(); ++i)
            parameters[k]->value.data()[i] = float((scale ? 1.0 : 0.0) + 0.1 * hashed(i, std::int64_t(k)));
    }

    AdamOptimizer optimizer(decay_groups(parameters, 0.1), 3e-3, 0.9, 0.95);
    SoftmaxCrossEntropyLoss<float> criterion;
    std::vector<double> losses, norms;
    for (std::int64_t step = 0; step < steps; ++step) {
        Tensor<std::int32_t> tokens({batch, context}), next({batch * context});
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t t = 0; t <= context; ++t) {
                const auto token = std::int32_t((hashed(b * (context + 1) + t, 1000 + step) + 1) / 2 * double(vocabulary));
                if (t < context) tokens.data()[b * context + t] = token;
                if (t > 0) next.data()[b * context + t - 1] = token;
            }
        losses.push_back(criterion.forward(model.forward(tokens), next));
        zero_gradients(parameters);
        model.backward(criterion.backward());
        norms.push_back(clip_gradients(parameters, 1));
        optimizer.step();
    }
    CHECK(difference(Tensor<double>({steps}, losses), golden.get<double>("losses")) < 1e-5);
    CHECK(difference(Tensor<double>({steps}, norms), golden.get<double>("norms")) < 1e-4);
    // The loss went down, and some steps were clipped, others not.
    CHECK(losses.back() < losses.front() - 0.4);
    CHECK(std::ranges::count_if(norms, [](double n) { return n > 1; }) > 3);
    CHECK(std::ranges::count_if(norms, [](double n) { return n < 1; }) > 3);
    for (Parameter<float>* p : parameters)
        for (const char* name : {"wte.weight", "h.1.mlp.c_proj.bias", "h.0.ln_1.weight", "ln_f.bias"}) {
            if (p->name != name) continue;
            INFO(p->name);
            CHECK(difference(Tensor<float>({16}, p->value.values().first(16)), golden.get<float>(name)) < 1e-3);
        }
}

}  // namespace kbk::test
