/// @file
/// The same model, trained on Device::cuda (NVIDIA hardware, or the emulator) as on the CPU.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>

#include "chapters/07_mlp/mlp.hpp"
#include "chapters/10_cnn/cnn.hpp"
#include "common/nn/trainer.hpp"

namespace kbk {

namespace {

// Chapter 7's network for small pictures of four classes that differ in brightness.
struct Pictures {
    static constexpr std::int64_t count = 48, pixels = 36, classes = 4;
    Tensor<float> x{{count, pixels}};
    Tensor<std::int32_t> labels{{count}};

    Pictures() {
        const Philox random(7, stream_id("pictures"));
        for (std::int64_t i = 0; i < count; ++i) {
            labels.data()[i] = std::int32_t(i % classes);
            for (std::int64_t j = 0; j < pixels; ++j)
                x.data()[i * pixels + j] =
                    random.uniform(std::uint64_t(i * pixels + j)) * 0.5f + 0.2f * float(i % classes);
        }
    }
};

struct Trained {
    std::vector<double> losses;
    std::vector<float> weights;  // of the first layer
};

template <class MakeOptimizer>
Trained train(Device device, const MakeOptimizer& make_optimizer, int steps) {
    const Pictures pictures;
    const std::int64_t sizes[] = {Pictures::pixels, 20, 12, Pictures::classes};
    Mlp<float> model(sizes, Initial::pytorch, 3, device);
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(model.parameters());
    Trainer trainer(model, *optimizer, {.epochs = 1, .batch = Pictures::count, .run = "test", .show = false});
    const auto x = pictures.x.to(device);
    const auto labels = pictures.labels.to(device);
    Trained trained;
    for (int i = 0; i < steps; ++i) trained.losses.push_back(trainer.step(x, labels));
    const auto weights = model.parameters().front()->value.to(Device::cpu);
    trained.weights.assign(weights.values().begin(), weights.values().end());
    return trained;
}

template <class MakeOptimizer>
void same_as_on_the_cpu(const MakeOptimizer& make_optimizer) {
    if (const std::string reason = unavailable(Device::cuda); !reason.empty()) {
        MESSAGE("not tested here: ", reason);
        return;
    }
    constexpr int steps = 12;
    const Trained there = train(Device::cuda, make_optimizer, steps), here = train(Device::cpu, make_optimizer, steps);
    CHECK(here.losses.back() < 0.9 * here.losses.front());  // it learns, so there is something to compare
    for (int i = 0; i < steps; ++i) {
        CAPTURE(i);
        CHECK(std::fabs(there.losses[i] - here.losses[i]) < 1e-5);
    }
    double largest = 0;
    for (std::size_t i = 0; i < here.weights.size(); ++i)
        largest = std::max(largest, double(std::fabs(there.weights[i] - here.weights[i])));
    CHECK(largest < 1e-4);

    // Two runs on the device agree bit by bit.
    const Trained again = train(Device::cuda, make_optimizer, steps);
    CHECK(again.losses == there.losses);
    CHECK(again.weights == there.weights);
}

}  // namespace

TEST_CASE("SGD with momentum on Device::cuda gives the CPU's losses, and the same bits in each run") {
    same_as_on_the_cpu([](Parameters<float> p) { return std::make_unique<SgdOptimizer>(p, 0.2, 0.9, 1e-4); });
}

TEST_CASE("Adam on Device::cuda gives the CPU's losses, and the same bits in each run") {
    same_as_on_the_cpu([](Parameters<float> p) { return std::make_unique<AdamOptimizer>(p, 0.01); });
}

TEST_CASE("a convolutional network on Device::cuda gives the CPU's losses, and the same bits in each run") {
    if (const std::string reason = unavailable(Device::cuda); !reason.empty()) {
        MESSAGE("not tested here: ", reason);
        return;
    }
    // Chapter 10's network on pictures of 1 x 18 x 18, with four filters.
    constexpr std::int64_t count = 6, pixels = 18 * 18;
    Tensor<float> x({count, 1, 18, 18});
    Tensor<std::int32_t> labels({count});
    const Philox random(7, stream_id("pictures"));
    for (std::int64_t i = 0; i < count * pixels; ++i) x.data()[i] = random.uniform(std::uint64_t(i));
    for (std::int64_t i = 0; i < count; ++i) labels.data()[i] = std::int32_t(i);
    const auto losses = [&](Device device) {
        Cnn<float> model({1, 18, 18}, 3, 4, device);
        AdamOptimizer optimizer(model.parameters(), 0.01);
        Trainer trainer(model, optimizer, {.epochs = 1, .batch = count, .run = "test", .show = false});
        std::vector<double> all;
        for (int i = 0; i < 5; ++i) all.push_back(trainer.step(x.to(device), labels.to(device)));
        return all;
    };
    const std::vector<double> here = losses(Device::cpu), there = losses(Device::cuda);
    CHECK(here.back() < here.front());  // it learns, so there is something to compare
    for (std::size_t i = 0; i < here.size(); ++i) CHECK(std::fabs(there[i] - here[i]) < 1e-4);
    CHECK(losses(Device::cuda) == there);
}

TEST_CASE("the Trainer moves batches to the model's device") {
    if (const std::string reason = unavailable(Device::cuda); !reason.empty()) {
        MESSAGE("not tested here: ", reason);
        return;
    }
    const Pictures pictures;
    std::vector<Epoch> curves[2];
    for (const Device device : {Device::cpu, Device::cuda}) {
        const std::int64_t sizes[] = {Pictures::pixels, 20, Pictures::classes};
        Mlp<float> model(sizes, Initial::pytorch, 3, device);
        SgdOptimizer optimizer(model.parameters(), 0.1);
        Trainer trainer(model, optimizer, {.epochs = 2, .batch = 10, .run = "test", .show = false});
        const Examples all(pictures.x, pictures.labels);
        curves[device == Device::cuda] = trainer.fit(all, all);
    }
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        CHECK(std::fabs(curves[0][epoch].training.loss - curves[1][epoch].training.loss) < 1e-5);
        CHECK(curves[0][epoch].validation.accuracy == curves[1][epoch].validation.accuracy);
    }
}

}  // namespace kbk
