// Layers: gradients against central differences in double precision, shapes that do not fit, first values.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "chapters/07_mlp/mlp.hpp"
#include "common/base/error.hpp"
#include "common/nn/layers.hpp"
#include "common/nn/optimizer.hpp"
#include "common/nn/schedule.hpp"
#include "tests/support/close.hpp"
#include "tests/nn/gradient_check.hpp"
#include "tests/support/data.hpp"
#include "tests/support/named.hpp"

namespace kbk::test {

namespace {

Tensor<double> tensor(Shape shape, std::string_view name) {
    return Tensor<double>(shape, doubles(shape.count(), name));
}

constexpr std::int64_t rows = 6;
const std::array<std::int64_t, 4> sizes = {7, 5, 4, 3};

Tensor<std::int32_t> some_labels() {
    return Tensor<std::int32_t>({rows}, std::vector<std::int32_t>{2, 0, 1, 1, 2, 0});
}

}  // namespace

TEST_CASE("gradients of a fully connected layer") {
    // L = sum c_ij y_ij, whose gradient by y is c.
    Linear<double> layer("fc", 7, 4, Initial::pytorch, 3);
    Tensor<double> x = tensor({rows, 7}, "x");
    const Tensor<double> c = tensor({rows, 4}, "c");
    const auto loss = [&] { return dot(layer.forward(x).values(), c.values()); };
    loss();
    zero_gradients(layer.parameters());
    const Tensor<double>& dx = layer.backward(c);
    check_gradient("input", x.values(), dx.values(), loss);
    check_gradient("weight", layer.weight.value.values(), layer.weight.gradient.values(), loss);
    check_gradient("bias", layer.bias.value.values(), layer.bias.gradient.values(), loss);
}

TEST_CASE("gradients of activation layers") {
    for (const Activation kind : all_activations) {
        ActivationLayer<double> layer(kind);
        Tensor<double> x = tensor({3, 2, 5}, "x");
        const Tensor<double> c = tensor({3, 2, 5}, "c");
        // Some slopes jump at 0: no element may be so near that a difference reaches over it.
        CHECK(std::all_of(x.values().begin(), x.values().end(), [](double v) { return std::abs(v) > 1e-4; }));
        const auto loss = [&] { return dot(layer.forward(x).values(), c.values()); };
        loss();
        check_gradient(std::string(name(kind)).c_str(), x.values(), layer.backward(c).values(), loss);
    }
}

TEST_CASE("gradient of the mean cross-entropy") {
    SoftmaxCrossEntropyLoss<double> layer;
    Tensor<double> logits = tensor({rows, 3}, "logits");
    const auto labels = some_labels();
    layer.forward(logits, labels);
    check_gradient("logits", logits.values(), layer.backward().values(),
                   [&] { return layer.evaluate(logits, labels); });
}

TEST_CASE("gradients of a whole multilayer perceptron") {
    Mlp<double> model(sizes, Initial::pytorch, 5);
    SoftmaxCrossEntropyLoss<double> criterion;
    Tensor<double> x = tensor({rows, 7}, "x");
    const auto labels = some_labels();
    const auto loss = [&] { return criterion.forward(model.forward(x), labels); };
    loss();
    zero_gradients(model.parameters());
    model.backward(criterion.backward());
    for (Parameter<double>* p : model.parameters()) {
        CHECK(!p->empty);
        check_gradient(p->name.c_str(), p->value.values(), p->gradient.values(), loss);
    }

    // By its input, which the model itself never needs.
    loss();
    zero_gradients(model.parameters());
    const Tensor<double>* d = &criterion.backward();
    for (std::size_t i = model.linear.size() - 1; i > 0; --i)
        d = &model.relu[i - 1].backward(model.linear[i].backward(*d));
    const Tensor<double>& dx = model.linear.front().backward(*d);
    check_gradient("input", x.values(), dx.values(), loss);
}

TEST_CASE("a parameter used twice gets the sum of both gradients") {
    Linear<double> layer("fc", 5, 3, Initial::pytorch, 3);
    const Tensor<double> first = tensor({4, 5}, "first"), second = tensor({2, 5}, "second");
    const Tensor<double> c1 = tensor({4, 3}, "c1"), c2 = tensor({2, 3}, "c2");
    const auto loss = [&] {
        const double sum = dot(layer.forward(first).values(), c1.values());
        return sum + dot(layer.forward(second).values(), c2.values());
    };
    // Both passes of two steps: what the first step left must not enter the second.
    for (int step = 0; step < 2; ++step) {
        zero_gradients(layer.parameters());
        layer.forward(first);
        layer.backward(c1);
        layer.forward(second);
        layer.backward(c2);
        check_gradient("weight", layer.weight.value.values(), layer.weight.gradient.values(), loss);
        check_gradient("bias", layer.bias.value.values(), layer.bias.gradient.values(), loss);
    }
}

TEST_CASE("the ladders compute in float what the references compute in double") {
    Mlp<double> reference(sizes, Initial::keras, 5);
    Mlp<float> model(sizes, Initial::keras, 5);
    SoftmaxCrossEntropyLoss<double> reference_loss;
    SoftmaxCrossEntropyLoss<float> loss;
    const std::vector<float> inputs = reals(rows * 7, "x");
    const Tensor<float> x({rows, 7}, inputs);
    const Tensor<double> x_double({rows, 7}, std::vector<double>(inputs.begin(), inputs.end()));
    const auto labels = some_labels();
    CHECK(loss.forward(model.forward(x), labels) ==
          doctest::Approx(reference_loss.forward(reference.forward(x_double), labels)).epsilon(1e-6));
    model.backward(loss.backward());
    reference.backward(reference_loss.backward());
    const auto found = model.parameters();
    const auto expected = reference.parameters();
    REQUIRE(found.size() == 6);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto values = expected[i]->gradient.values();
        require_close(found[i]->gradient.values(), std::vector<float>(values.begin(), values.end()), 1e-6);
    }
}

TEST_CASE("worked by hand: one layer, one row") {
    Linear<float> layer("fc", 2, 3, Initial::keras, 1);
    layer.weight.value = Tensor<float>({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
    layer.bias.value = Tensor<float>({3}, std::vector<float>{10, 20, 30});
    const Tensor<float> x({1, 2}, std::vector<float>{1, -1}), dy({1, 3}, std::vector<float>{1, 0, -2});
    require_close(layer.forward(x).values(), std::vector<float>{9, 19, 29});
    require_close(layer.backward(dy).values(), std::vector<float>{1 - 10, 2 - 12});
    require_close(layer.weight.gradient.values(), std::vector<float>{1, -1, 0, 0, -2, 2});
    require_close(layer.bias.gradient.values(), std::vector<float>{1, 0, -2});
}

// Layers keep the address of what they read until `backward`.
static_assert(!TakesTemporary<Linear<float>, Tensor<float>> && !TakesTemporary<ReLU<float>, Tensor<float>>);

TEST_CASE("shapes that do not fit are refused") {
    Linear<float> layer("fc1", 7, 4, Initial::pytorch, 1);
    const Tensor<float> good({2, 7}, reals(14, "x"));
    CHECK_THROWS_WITH_AS(layer.forward(named(Tensor<float>({2, 6}))),
                         "fc1.weight takes rows of 7 numbers, not a tensor of shape (2, 6)", Error);
    CHECK_THROWS_WITH_AS(layer.forward(named(Tensor<float>({7}))),
                         "fc1.weight takes rows of 7 numbers, not a tensor of shape (7)", Error);
    CHECK_THROWS_WITH_AS(layer.backward(Tensor<float>({2, 4})),
                         "fc1.weight: the gradient has shape (2, 4), the output had (0)", Error);
    layer.forward(good);
    CHECK_THROWS_WITH_AS(layer.backward(Tensor<float>({3, 4})),
                         "fc1.weight: the gradient has shape (3, 4), the output had (2, 4)", Error);
    CHECK_THROWS_WITH_AS(Linear<float>("fc1", 0, 4, Initial::pytorch, 1),
                         "fc1.weight of 0 inputs and 4 outputs; each must be at least 1", Error);
    CHECK_THROWS_WITH_AS(Linear<float>("fc1", 3, -4, Initial::pytorch, 1),
                         "dimension 0 of a shape is negative: -4", Error);

    ReLU<float> relu;
    relu.forward(good);
    CHECK_THROWS_WITH_AS(relu.backward(Tensor<float>({7, 2})),
                         "relu: the gradient has shape (7, 2), the output had (2, 7)", Error);

    SoftmaxCrossEntropyLoss<float> loss;
    const Tensor<float> logits({2, 3}, reals(6, "logits"));
    const auto labels = [](std::vector<std::int32_t> values) {
        return Tensor<std::int32_t>({std::ssize(values)}, values);
    };
    CHECK_THROWS_WITH_AS(
        loss.forward(logits, labels({1, 2, 0})),
        "cross-entropy of logits of shape (2, 3) needs a label a row, not labels of shape (3)", Error);
    CHECK_THROWS_WITH_AS(loss.forward(Tensor<float>({3}), labels({0, 0, 0})),
                         "cross-entropy of logits of shape (3) needs a label a row, not labels of shape (3)",
                         Error);
    CHECK_THROWS_WITH_AS(loss.forward(Tensor<float>({0, 3}), labels({})),
                         "cross-entropy needs at least one row of logits", Error);
    for (const std::int32_t wrong : {3, -1, 1000000})
        CHECK_THROWS_WITH_AS(
            loss.forward(logits, labels({0, wrong})),
            fmt::format("softmax_cross_entropy: label {} of row 1 is none of the 3 classes (0 to 2)", wrong)
                .c_str(),
            Error);
}

TEST_CASE("a layer begins as its seed, its name and its scheme say") {
    const std::int64_t inputs = 400, outputs = 100;
    const auto values = [](const Tensor<float>& t) {
        return std::vector<float>(t.values().begin(), t.values().end());
    };
    const auto spread = [](const std::vector<float>& v) {
        double sum = 0, squares = 0;
        for (const float x : v) sum += x, squares += double(x) * x;
        return std::pair{sum / double(v.size()), std::sqrt(squares / double(v.size()))};
    };
    for (const Initial initial : {Initial::pytorch, Initial::keras}) {
        const Linear<float> a("fc1", inputs, outputs, initial, 1), same("fc1", inputs, outputs, initial, 1);
        const Linear<float> b("fc2", inputs, outputs, initial, 1), c("fc1", inputs, outputs, initial, 2);
        CHECK(values(a.weight.value) == values(same.weight.value));
        CHECK(values(a.weight.value) != values(b.weight.value));
        CHECK(values(a.weight.value) != values(c.weight.value));

        // Uniform in +-bound: all inside, a deviation of bound / sqrt(3), a mean near 0.
        const double bound = initial == Initial::pytorch ? 1 / std::sqrt(400.0) : std::sqrt(6 / 500.0);
        const auto weights = values(a.weight.value);
        CHECK(std::all_of(weights.begin(), weights.end(), [&](float w) { return std::abs(w) <= bound; }));
        const auto [mean, deviation] = spread(weights);
        CHECK(deviation == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.01));
        CHECK(std::abs(mean) < 4.5 * deviation / 200);
        const auto biases = values(a.bias.value);
        CHECK(spread(biases).second ==
              doctest::Approx(initial == Initial::pytorch ? bound / std::sqrt(3.0) : 0).epsilon(0.15));
    }
}

TEST_CASE("optimisers refuse rates that are none and gradients that are missing") {
    Mlp<float> model(sizes, Initial::pytorch, 1);
    for (const double rate : {0.0, -0.1, double(INFINITY), double(NAN)})
        CHECK_THROWS_WITH_AS(
            SgdOptimizer(model.parameters(), rate),
            fmt::format("a learning rate of {} was asked for; it must be positive", rate).c_str(), Error);
    SgdOptimizer optimizer(model.parameters(), 0.1, 0.9);
    CHECK_THROWS_WITH_AS(optimizer.step(),
                         "fc1.weight has no gradient in this step: does the model's backward reach it?",
                         Error);
    CHECK(optimizer.steps == 0);
    AdamOptimizer adam(model.parameters());
    CHECK_THROWS_AS(adam.step(), Error);
    CHECK(adam.steps == 0);
}

TEST_CASE("optimisers take the steps that their rules say") {
    // One parameter with gradient 1, over three steps.
    Parameter<float> p("p", {1}, Device::cpu);
    const auto take = [&](Optimizer& optimizer) {
        p.value.values()[0] = 1;
        std::vector<float> path;
        for (int i = 0; i < 3; ++i) {
            zero_gradients<float>({&p});
            p.gradient.values()[0] = 1;
            (void)p.beta();
            optimizer.step();
            path.push_back(p.value.values()[0]);
        }
        CHECK(optimizer.steps == 3);
        return path;
    };
    SgdOptimizer plain({&p}, 0.5), momentum({&p}, 0.25, 0.5), nesterov({&p}, 0.25, 0.5, 0, true);
    AdagradOptimizer adagrad({&p}, 0.5);
    RmsPropOptimizer rmsprop({&p}, 0.5, 0.75);
    AdamOptimizer adam({&p}, 0.125), adamw({&p}, 0.125, 0.9, 0.999, 1e-8, 0.5),
        l2({&p}, 0.125, 0.9, 0.999, 1e-8, 0.5, false);
    require_close(take(plain), std::vector<float>{0.5f, 0, -0.5f});
    require_close(take(momentum), std::vector<float>{0.75f, 0.375f, -0.0625f});
    require_close(take(nesterov), std::vector<float>{0.625f, 0.1875f, -0.28125f});
    // Sums of squares 1, 2, 3, and means 1/4, 7/16, 37/64.
    require_close(take(adagrad), std::vector<float>{0.5f, 0.14644661f, -0.14222852f}, 1e-6);
    require_close(take(rmsprop), std::vector<float>{0, -0.75592895f, -1.4135249f}, 1e-6);
    // Under a constant gradient each step of Adam is the rate, with or without decay within the gradient; the decay
    // beside it shrinks the weight by 1/16 first.
    require_close(take(adam), std::vector<float>{0.875f, 0.75f, 0.625f}, 1e-6);
    require_close(take(adamw), std::vector<float>{0.8125f, 0.63671875f, 0.47192383f}, 1e-6);
    const auto shrinking = take(l2);
    CHECK(shrinking[0] == doctest::Approx(0.875).epsilon(1e-6));
    CHECK(shrinking[2] > 0.625f);  // the gradient falls with the weight, and its mean lags behind its root

    const auto names = [](Optimizer& optimizer) {
        std::vector<std::string> all;
        for (const auto& [name, tensor] : optimizer.state()) all.push_back(name);
        return all;
    };
    using Names = std::vector<std::string>;
    CHECK(names(plain) == Names{});
    CHECK(names(momentum) == Names{"p.velocity"});
    CHECK(names(adagrad) == Names{"p.square"});
    CHECK(names(rmsprop) == Names{"p.square"});
    CHECK(names(adam) == Names{"p.first", "p.second"});

    // With several parameters, each has its own.
    Parameter<float> q("q", {2, 3}, Device::cpu);
    AdamOptimizer both({&p, &q});
    CHECK(names(both) == Names{"p.first", "p.second", "q.first", "q.second"});
    CHECK(both.state()[3].second->shape() == Shape{2, 3});
}

TEST_CASE("schedules go where they say") {
    const auto follow = [](const Schedule& schedule, std::vector<std::int64_t> steps) {
        std::vector<float> rates;
        for (const auto step : steps) rates.push_back(static_cast<float>(schedule(step)));
        return rates;
    };
    using Rates = std::vector<float>;
    require_close(follow(constant_rate(0.5), {0, 1, 1000}), Rates{0.5f, 0.5f, 0.5f});
    require_close(follow(step_decay(8, 0.5, 10), {0, 9, 10, 19, 20, 35}), Rates{8, 8, 4, 4, 2, 1});
    require_close(follow(linear_decay(1, 0.5, 4), {0, 1, 2, 4, 5, 99}), Rates{1, 0.875f, 0.75f, 0.5f, 0.5f, 0.5f});
    require_close(follow(cosine_annealing(1, 0, 6), {0, 2, 3, 4, 6, 7}), Rates{1, 0.75f, 0.5f, 0.25f, 0, 0}, 1e-7);
    require_close(follow(cosine_annealing(3, 1, 2), {0, 1, 2}), Rates{3, 2, 1}, 1e-6);
    require_close(follow(warm_up(3, linear_decay(1, 0, 4)), {0, 1, 2, 3, 4, 5, 7, 9}),
                  Rates{0.25f, 0.5f, 0.75f, 1, 0.75f, 0.5f, 0, 0});
    require_close(follow(warm_up(0, constant_rate(2)), {0, 1}), Rates{2, 2});

    CHECK_THROWS_WITH_AS(constant_rate(0),
                         "a schedule that begins at the learning rate 0 was asked for; it must be positive", Error);
    CHECK_THROWS_WITH_AS(step_decay(1, 0, 3),
                         "a rate that drops by the factor 0 was asked for; it must lie in (0, 1]", Error);
    CHECK_THROWS_WITH_AS(step_decay(1, 0.5, 0),
                         "a rate that drops every 0 steps was asked for; at least 1 is needed", Error);
    CHECK_THROWS_WITH_AS(linear_decay(1, 2, 3),
                         "a rate that falls from 1 to 2 was asked for; it should end between 0 and 1", Error);
    CHECK_THROWS_WITH_AS(cosine_annealing(1, 0, 0),
                         "a rate that falls within 0 steps was asked for; at least 1 is needed", Error);
    CHECK_THROWS_AS(cosine_annealing(double(NAN), 0, 1), Error);
    CHECK_THROWS_AS(warm_up(-1, constant_rate(1)), Error);
    CHECK_THROWS_WITH_AS(warm_up(1, Schedule{}), "a warm-up needs a schedule that follows it", Error);
}

}  // namespace kbk::test
