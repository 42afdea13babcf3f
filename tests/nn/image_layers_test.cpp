// Layers for images: gradients against central differences in double precision, shapes that do not fit, steps.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "chapters/10_cnn/cnn.hpp"
#include "common/nn/trainer.hpp"
#include "tests/nn/gradient_check.hpp"
#include "tests/support/data.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/named.hpp"

namespace kbk::test {

namespace {

Tensor<double> tensor(Shape shape, std::string_view name) {
    return Tensor<double>(shape, doubles(shape.count(), name));
}

// The gradients of a layer by its input and its parameters, for the loss sum c_i y_i.
template <class Layer>
void check_layer(Layer& layer, Shape shape) {
    Tensor<double> x = tensor(shape, "x");
    const Tensor<double> c = tensor(layer.forward(x).shape(), "c");
    const auto loss = [&] { return dot(layer.forward(x), c); };
    if constexpr (requires { layer.parameters(); }) zero_gradients(layer.parameters());
    loss();
    const Tensor<double>& dx = layer.backward(c);
    check_gradient("input", x.values(), dx.values(), loss);
    if constexpr (requires { layer.parameters(); })
        for (Parameter<double>* p : layer.parameters())
            check_gradient(p->name.c_str(), p->value.values(), p->gradient.values(), loss);
}

}  // namespace

TEST_CASE("gradients of convolutions") {
    for (const Windows& w : {Windows{}, Windows{.stride = 2, .padding = 1}, Windows{.padding = 2, .dilation = 2},
                             Windows{.stride = 1, .padding = 1, .dilation = 1, .groups = 2}}) {
        Conv2d<double> layer("conv", 4, 6, 3, w, Initial::pytorch, 3);
        check_layer(layer, {2, 4, 7, 6});
    }
}

TEST_CASE("gradients of poolings") {
    MaxPool2d<double> largest(2), overlapping(3, 2, 1);
    AveragePool2d<double> mean(2), padded(3, 2, 1);
    GlobalAveragePool<double> all;
    Flatten<double> flatten;
    check_layer(largest, {2, 3, 7, 6});
    check_layer(overlapping, {2, 3, 7, 6});
    check_layer(mean, {2, 3, 7, 6});
    check_layer(padded, {2, 3, 7, 6});
    check_layer(all, {2, 3, 4, 5});
    check_layer(flatten, {2, 3, 4, 5});
}

TEST_CASE("gradients of batch normalisation") {
    BatchNorm2d<double> layer("norm", 3);
    layer.scale.value = tensor({3}, "scale");
    layer.shift.value = tensor({3}, "shift");
    check_layer(layer, {4, 3, 3, 2});
}

TEST_CASE("gradients of both networks of chapter 10") {
    const auto check = [](auto& model, Shape shape) {
        SoftmaxCrossEntropyLoss<double> criterion;
        Tensor<double> x = tensor(shape, "x");
        std::vector<std::int32_t> classes;
        for (std::int64_t i = 0; i < shape[0]; ++i) classes.push_back(std::int32_t(3 * i % 10));
        const Tensor<std::int32_t> labels({shape[0]}, classes);
        const auto loss = [&] { return criterion.forward(model.forward(x), labels); };
        loss();
        zero_gradients(model.parameters());
        model.backward(criterion.backward());
        for (Parameter<double>* p : model.parameters()) {
            CHECK(!p->empty);
            // A bias in front of a normalisation has no effect, and a gradient of zero.
            if (p->name.ends_with("conv.bias")) continue;
            if (p->value.size() <= 600) check_gradient(p->name.c_str(), p->value.values(), p->gradient.values(), loss);
        }
    };
    Cnn<double> d0({2, 18, 20}, 5, 2);
    check(d0, {3, 2, 18, 20});
    LargerCnn<double> larger({2, 8, 8}, 5, 2);
    check(larger, {4, 2, 8, 8});
}

TEST_CASE("pooling and the bend may change places") {
    Tensor<double> x = tensor({2, 3, 6, 8}, "x");
    MaxPool2d<double> pool1, pool2;
    ReLU<double> relu1, relu2;
    const Tensor<double>& bend_first = pool1.forward(relu1.forward(x));
    const Tensor<double>& pool_first = relu2.forward(pool2.forward(x));
    CHECK(std::ranges::equal(bend_first.values(), pool_first.values()));
    const Tensor<double> dy = tensor(bend_first.shape(), "dy");
    CHECK(std::ranges::equal(relu1.backward(pool1.backward(dy)).values(), pool2.backward(relu2.backward(dy)).values()));
}

TEST_CASE("batch normalisation judges by its running values") {
    BatchNorm2d<float> layer("norm", 2);
    const Tensor<float> x({2, 2, 1, 2}, std::vector<float>{1, 3, 10, 10, 5, 7, 20, 20});
    for (int i = 0; i < 200; ++i) layer.forward(x);
    CHECK(layer.running_mean.values()[0] == doctest::Approx(4));
    CHECK(layer.running_mean.values()[1] == doctest::Approx(15));
    CHECK(layer.running_variance.values()[0] == doctest::Approx(20.0 / 3));
    layer.training = false;
    const Tensor<float>& y = layer.forward(x);
    CHECK(y.values()[0] == doctest::Approx(-3 / std::sqrt(20.0 / 3)).epsilon(1e-4));
    CHECK(message_of([&] { layer.backward(y); }) == "norm.weight: backward needs the means of a batch; it was judging");
    CHECK(layer.buffers()[0].first == "norm.running_mean");
    CHECK(layer.buffers()[1].first == "norm.running_var");
}

TEST_CASE("a step of a network for images allocates nothing") {
    const auto check = [](auto& model, Shape image) {
        SgdOptimizer optimizer(model.parameters(), 0.01, 0.9);
        Trainer trainer(model, optimizer, {.epochs = 1, .batch = 8, .run = "test", .show = false});
        const Tensor<float> x({8, image[0], image[1], image[2]}, reals(8 * image.count(), "x"));
        const Tensor<std::int32_t> labels({8}, std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 0});
        trainer.step(x, labels);
        trainer.step(x, labels);
        const std::size_t before = allocations();
        const double loss = trainer.step(x, labels);
        CHECK(allocations() == before);
        CHECK(std::isfinite(loss));
    };
    Cnn<float> d0({3, 32, 32}, 1);
    check(d0, {3, 32, 32});
    LargerCnn<float> larger({3, 16, 16}, 1, 8);
    check(larger, {3, 16, 16});
}

TEST_CASE("a network learns its eight pictures by heart") {
    LargerCnn<float> model({1, 8, 8}, 1, 4);
    AdamOptimizer optimizer(model.parameters(), 0.01);
    Trainer trainer(model, optimizer, {.epochs = 60, .batch = 8, .run = "test", .show = false});
    const Tensor<float> x({8, 1, 8, 8}, reals(8 * 64, "x"));
    const Tensor<std::int32_t> labels({8}, std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7});
    const auto curve = trainer.fit(Examples(x, labels), Examples(x, labels));
    CHECK(curve.front().training.loss > 1.5);
    CHECK(curve.back().training.loss < 0.1);
    CHECK(curve.back().validation.accuracy == 1);
}

// Layers keep the address of what they read until `backward`; the mean of each channel needs only its shape.
static_assert(!TakesTemporary<Conv2d<float>, Tensor<float>> && !TakesTemporary<MaxPool2d<float>, Tensor<float>> &&
              !TakesTemporary<BatchNorm2d<float>, Tensor<float>> && TakesTemporary<GlobalAveragePool<float>, Tensor<float>>);

TEST_CASE("shapes that do not fit are refused") {
    Conv2d<float> layer("conv1", 3, 4, 3, {}, Initial::keras, 1);
    CHECK(message_of([&] { layer.forward(named(Tensor<float>({2, 4, 8, 8}))); }) ==
          "conv1.weight takes images of 3 channels, not a tensor of shape (2, 4, 8, 8)");
    CHECK(message_of([&] { layer.forward(named(Tensor<float>({2, 192}))); }) ==
          "conv1.weight takes images of 3 channels, not a tensor of shape (2, 192)");
    CHECK(message_of([&] { layer.forward(named(Tensor<float>({2, 3, 2, 8}))); }) ==
          "conv1.weight: no window fits into images of 2 x 8");
    CHECK(message_of([&] { layer.backward(Tensor<float>({2, 4, 6, 6})); }) ==
          "conv1.weight: the gradient has shape (2, 4, 6, 6), the output had (0)");
    CHECK(message_of([] { Conv2d<float>("conv1", 3, 4, 3, {.groups = 2}, Initial::keras, 1); }) ==
          "conv1.weight: 2 groups must divide both 3 input and 4 output channels");
    CHECK(message_of([] { MaxPool2d<float>(2, 2, 2); }) ==
          "pooling with a padding of 2; it must be at least 0 and less than the window of 2");
    MaxPool2d<float> pool;
    CHECK(message_of([&] { pool.forward(named(Tensor<float>({2, 3, 1, 8}))); }) ==
          "pooling: no window of 2 x 2 fits into images of 1 x 8");
    BatchNorm2d<float> norm("norm", 3);
    CHECK(message_of([&] { norm.forward(named(Tensor<float>({2, 4, 8, 8}))); }) ==
          "norm.weight takes images of 3 channels, not a tensor of shape (2, 4, 8, 8)");
}

TEST_CASE("a convolution begins as its scheme says") {
    const Conv2d<float> keras("conv", 16, 32, 3, {}, Initial::keras, 1), pytorch("conv", 16, 32, 3, {}, Initial::pytorch, 1);
    const auto largest = [](const Tensor<float>& t) {
        float most = 0;
        for (const float v : t.values()) most = std::max(most, std::abs(v));
        return double(most);
    };
    CHECK(largest(keras.weight.value) == doctest::Approx(std::sqrt(6.0 / (16 * 9 + 32 * 9))).epsilon(0.01));
    CHECK(largest(keras.bias.value) == 0);
    CHECK(largest(pytorch.weight.value) == doctest::Approx(1 / 12.0).epsilon(0.01));
    CHECK(largest(pytorch.bias.value) == doctest::Approx(1 / 12.0).epsilon(0.2));
}

}  // namespace kbk::test
