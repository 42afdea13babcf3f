// Training: what a step costs in memory, what does not depend on the number of threads, what the Trainer
// reports.
#include "common/nn/trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "chapters/07_mlp/mlp.hpp"
#include "common/base/error.hpp"
#include "common/base/threads.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/close.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/message_of.hpp"

using kbk::test::message_of;

namespace {

// Every request of this program for memory, whoever makes it.
std::atomic<std::size_t> requests{0};

void* counted(std::size_t bytes, std::size_t alignment) {
    ++requests;
    const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    if (void* memory = std::aligned_alloc(alignment, rounded)) return memory;
    throw std::bad_alloc();
}

}  // namespace

// Not inlined: else gcc sees free() meet operator new, and warns.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    return counted(bytes, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return counted(bytes, std::size_t(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

namespace kbk::test {

namespace {

// Points of a cube in 12 dimensions, of three classes that a line does not part.
struct Points {
    Tensor<float> x;
    Tensor<std::int32_t> labels;
    explicit Points(std::int64_t count, std::uint64_t seed = 9) : x({count, 12}), labels({count}) {
        Philox(seed, stream_id("points")).fill_uniform(x.values(), -1, 1);
        for (std::int64_t i = 0; i < count; ++i) {
            const float* p = x.data() + i * 12;
            labels.data()[i] = p[0] * p[1] > 0 ? 0 : p[2] > 0 ? 1 : 2;
        }
    }
};

const std::int64_t small[] = {12, 20, 8, 3};
const std::int64_t large[] = {784, 256, 64, 10};

// Quiet, unless said otherwise.
Training training(int epochs, std::int64_t batch) {
    return {.epochs = epochs, .batch = batch, .run = "test", .show = false};
}

std::vector<float> all_values(const Parameters<float>& parameters) {
    std::vector<float> values;
    for (const auto* p : parameters)
        values.insert(values.end(), p->value.values().begin(), p->value.values().end());
    return values;
}

// A batch for the large model.
struct Batch {
    Tensor<float> x;
    Tensor<std::int32_t> labels;
    explicit Batch(std::int64_t rows) : x({rows, 784}, reals(rows * 784, "x")), labels({rows}) {
        for (std::int64_t i = 0; i < rows; ++i) labels.data()[i] = static_cast<std::int32_t>(i * 7 % 10);
    }
};

}  // namespace

TEST_CASE("a training step allocates nothing") {
    const int before = threads();
    for (const int count : {1, 2, 3})
        for (const bool adam : {false, true}) {
            set_threads(count);
            Mlp<float> model(large, Initial::pytorch, 1);
            SgdOptimizer sgd(model.parameters(), 0.01, 0.9);
            AdamOptimizer adam_optimizer(model.parameters());
            Optimizer& optimizer = adam ? static_cast<Optimizer&>(adam_optimizer) : sgd;
            SoftmaxCrossEntropyLoss<float> loss;
            const Parameters<float> parameters = model.parameters();
            const Batch full(100), partial(28);
            const auto step = [&](const Batch& batch) {
                zero_gradients(parameters);
                loss.forward(model.forward(batch.x), batch.labels);
                model.backward(loss.backward());
                optimizer.step();
            };
            // The first steps let buffers and arenas grow. Threads other than this one may come to their
            // first task at any time, so nothing that they run may need memory of its own.
            step(full);
            step(full);
            const std::size_t tensors = allocations(), all = requests;
            for (int i = 0; i < 20; ++i) step(i % 5 == 4 ? partial : full);
            const std::size_t tensors_after = allocations(), all_after = requests;
            INFO(count, " threads, ", std::string(adam ? "Adam" : "gradient descent"));
            CHECK(tensors_after == tensors);
            CHECK(all_after == all);
        }
    set_threads(before);

    // The counter counts.
    const std::size_t all = requests;
    const std::vector<float> something(10);
    const std::size_t all_after = requests;
    CHECK(all_after == all + 1);
}

TEST_CASE("the Trainer's step allocates nothing, and is the step written out") {
    Mlp<float> model(large, Initial::pytorch, 1), by_hand(large, Initial::pytorch, 1);
    AdamOptimizer optimizer(model.parameters()), optimizer_by_hand(by_hand.parameters());
    Trainer trainer(model, optimizer, training(1, 100));
    SoftmaxCrossEntropyLoss<float> loss;
    const Batch full(100), partial(28);
    for (int i = 0; i < 2; ++i) {
        zero_gradients(by_hand.parameters());
        const double expected = loss.forward(by_hand.forward(full.x), full.labels);
        by_hand.backward(loss.backward());
        optimizer_by_hand.step();
        CHECK(trainer.step(full.x, full.labels) == expected);
    }
    CHECK(find_bit_difference(all_values(model.parameters()), all_values(by_hand.parameters())) == "");

    const std::size_t tensors = allocations(), all = requests;
    for (int i = 0; i < 5; ++i) {
        trainer.step(full.x, full.labels);
        trainer.step(partial.x, partial.labels);
    }
    const std::size_t tensors_after = allocations(), all_after = requests;
    CHECK(tensors_after == tensors);
    CHECK(all_after == all);
}

TEST_CASE("twenty steps give the same bits on any number of threads") {
    const int before = threads();
    for (const bool adam : {false, true}) {
        std::vector<float> expected;
        std::vector<double> expected_losses;
        for (const int count : {1, 2, 3, 5}) {
            set_threads(count);
            Mlp<float> model(large, Initial::pytorch, 1);
            SgdOptimizer sgd(model.parameters(), 0.01, 0.9);
            AdamOptimizer adam_optimizer(model.parameters());
            Trainer trainer(model, adam ? static_cast<Optimizer&>(adam_optimizer) : sgd, training(1, 100));
            const Batch batch(100);
            std::vector<double> losses;
            for (int i = 0; i < 20; ++i) losses.push_back(trainer.step(batch.x, batch.labels));
            CHECK(losses.back() <
                  losses.front() - 0.1);  // it learns: these are not the bits of doing nothing
            if (count == 1) {
                expected = all_values(model.parameters());
                expected_losses = losses;
            }
            INFO(count, " threads, ", std::string(adam ? "Adam" : "gradient descent"));
            CHECK(losses == expected_losses);
            CHECK(find_bit_difference(all_values(model.parameters()), expected) == "");
        }
    }
    set_threads(before);
}

TEST_CASE("every optimiser goes on from its saved state, bit for bit") {
    using Make = std::function<std::unique_ptr<Optimizer>(Parameters<float>)>;
    const Make makers[] = {
        [](auto p) { return std::make_unique<SgdOptimizer>(p, 0.01); },
        [](auto p) { return std::make_unique<SgdOptimizer>(p, 0.01, 0.9); },
        [](auto p) { return std::make_unique<SgdOptimizer>(p, 0.01, 0.9, 1e-3, true); },
        [](auto p) { return std::make_unique<AdagradOptimizer>(p); },
        [](auto p) { return std::make_unique<RmsPropOptimizer>(p); },
        [](auto p) { return std::make_unique<AdamOptimizer>(p, 1e-3, 0.9, 0.999, 1e-8, 0.01); },
        [](auto p) { return std::make_unique<AdamOptimizer>(p, 1e-3, 0.9, 0.999, 1e-8, 0.01, false); }};
    const Batch batch(20);
    for (const Make& make : makers) {
        Mlp<float> model(large, Initial::pytorch, 1), resumed(large, Initial::pytorch, 2);
        const auto optimizer = make(model.parameters()), other = make(resumed.parameters());
        Trainer trainer(model, *optimizer, training(1, 20)), second(resumed, *other, training(1, 20));
        for (int i = 0; i < 3; ++i) trainer.step(batch.x, batch.labels);

        // Carry over what a checkpoint holds: parameters, state, the number of steps.
        for (std::size_t i = 0; i < model.parameters().size(); ++i)
            resumed.parameters()[i]->value = model.parameters()[i]->value.to(Device::cpu);
        const auto from = optimizer->state(), to = other->state();
        for (std::size_t i = 0; i < from.size(); ++i) *to[i].second = from[i].second->to(Device::cpu);
        other->steps = optimizer->steps;
        for (int i = 0; i < 3; ++i)
            CHECK(trainer.step(batch.x, batch.labels) == second.step(batch.x, batch.labels));
        CHECK(find_bit_difference(all_values(resumed.parameters()), all_values(model.parameters())) == "");
    }
}

TEST_CASE("the schedule sets the rate of each step") {
    // A model whose one parameter always has the gradient 1: each step shows its rate.
    struct Falling {
        Parameter<float> height{"height", {1}, Device::cpu};
        Tensor<float> logits;
        std::vector<float> heights;
        const Tensor<float>& forward(const Tensor<float>& x) {
            heights.push_back(height.value.values()[0]);
            logits.resize({x.shape(0), 3});
            logits.clear();
            return logits;
        }
        void backward(const Tensor<float>&) {
            height.gradient.values()[0] = 1;
            (void)height.beta();
        }
        Parameters<float> parameters() { return {&height}; }
    } model;
    model.height.value.clear();
    Tensor<float> x({4, 1});
    Tensor<std::int32_t> labels({4});
    x.clear(), labels.clear();
    SgdOptimizer optimizer(model.parameters(), 100);
    Training t = training(2, 2);
    t.schedule = warm_up(1, step_decay(1, 0.5, 2));
    Trainer(model, optimizer, t).fit(Examples(x, labels), Examples(x, labels, {}));
    CHECK(model.heights == std::vector<float>{0, -0.5f, -1.5f, -2.5f});
    CHECK(model.height.value.values()[0] == -3);
    CHECK(optimizer.learning_rate == 0.5);
}

TEST_CASE("every example is seen once an epoch, in an order that the seed tells") {
    // A model that only notes what it is shown; its one parameter stays, as its gradient is zero.
    struct Recorder {
        Parameter<float> nothing{"nothing", {1}, Device::cpu};
        Tensor<float> logits;
        std::vector<std::vector<float>> batches;
        const Tensor<float>& forward(const Tensor<float>& x) {
            batches.emplace_back(x.values().begin(), x.values().end());
            logits.resize({x.shape(0), 3});
            logits.clear();
            return logits;
        }
        void backward(const Tensor<float>&) {
            nothing.gradient.clear();
            (void)nothing.beta();
        }
        Parameters<float> parameters() { return {&nothing}; }
    };
    Tensor<float> x({23, 1});
    Tensor<std::int32_t> labels({23});
    std::iota(x.values().begin(), x.values().end(), 0.0f);
    labels.clear();
    const auto batches_of = [&](std::uint64_t seed) {
        Recorder model;
        model.nothing.value.clear();
        SgdOptimizer optimizer(model.parameters(), 1);
        Training t = training(2, 5);
        t.seed = seed;
        Trainer(model, optimizer, t).fit(Examples(x, labels), Examples(x, labels, {}));
        CHECK(optimizer.steps == 10);
        return model.batches;
    };
    const auto seen = batches_of(1);
    REQUIRE(seen.size() == 10);
    std::vector<std::vector<float>> epochs(2);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(seen[i].size() == (i % 5 == 4 ? 3 : 5));
        epochs[i / 5].insert(epochs[i / 5].end(), seen[i].begin(), seen[i].end());
    }
    CHECK(epochs[0] != epochs[1]);
    for (auto epoch : epochs) {
        CHECK(!std::is_sorted(epoch.begin(), epoch.end()));
        std::sort(epoch.begin(), epoch.end());
        CHECK(std::equal(epoch.begin(), epoch.end(), x.values().begin(), x.values().end()));
    }
    CHECK(batches_of(1) == seen);
    CHECK(batches_of(2) != seen);
}

TEST_CASE("the learning curve is that of the batches") {
    const Points points(230), others(90, 10);
    Mlp<float> model(small, Initial::pytorch, 3), again(small, Initial::pytorch, 3);
    SgdOptimizer optimizer(model.parameters(), 0.2, 0.9), optimizer_again(again.parameters(), 0.2, 0.9);
    Trainer trainer(model, optimizer, training(40, 32));
    const auto curve = trainer.fit(Examples(points.x, points.labels), Examples(others.x, others.labels));
    REQUIRE(curve.size() == 40);
    CHECK(optimizer.steps == 40 * 8);

    // It learns, and what it says of the last epoch is what the model does.
    CHECK(curve.front().training.loss > 0.9);
    CHECK(curve.back().training.loss < 0.3);
    CHECK(curve.back().training.accuracy > 0.9);
    CHECK(curve.back().validation.accuracy > 0.6);
    for (const Epoch& e : curve) CHECK(e.seconds >= 0);
    const Score score = trainer.evaluate(Examples(others.x, others.labels));
    CHECK(score.loss == curve.back().validation.loss);
    CHECK(score.accuracy == curve.back().validation.accuracy);

    // An epoch's loss and accuracy weigh each example once, also those of the smaller last batch.
    Trainer by_hand(again, optimizer_again, training(1, 32));
    std::vector<std::int32_t> order(230);
    std::iota(order.begin(), order.end(), 0);
    Philox(1, stream_id("shuffle", 0)).shuffle(std::span(order));
    double sum = 0, correct = 0;
    for (std::size_t begin = 0; begin < 230; begin += 32) {
        const std::size_t rows = std::min<std::size_t>(32, 230 - begin);
        const std::vector<std::int32_t> which(order.begin() + long(begin),
                                              order.begin() + long(begin + rows));
        correct += by_hand.evaluate(Examples(points.x, points.labels, which)).accuracy * double(rows);
        Tensor<float> x({std::int64_t(rows), 12});
        Tensor<std::int32_t> labels({std::int64_t(rows)});
        for (std::size_t i = 0; i < rows; ++i) {
            std::copy_n(points.x.data() + which[i] * 12, 12, x.data() + i * 12);
            labels.data()[i] = points.labels.data()[which[i]];
        }
        sum += by_hand.step(x, labels) * double(rows);
    }
    CHECK(curve.front().training.loss == doctest::Approx(sum / 230).epsilon(1e-12));
    CHECK(curve.front().training.accuracy == doctest::Approx(correct / 230).epsilon(1e-12));
}

TEST_CASE("evaluation tells loss, accuracy, classes and confidence, and changes nothing") {
    // More rows than are judged at once, and not a multiple of them.
    const Points points(2345);
    Mlp<float> model(small, Initial::pytorch, 3);
    SgdOptimizer optimizer(model.parameters(), 0.1);
    Trainer trainer(model, optimizer, training(1, 32));
    const auto before = all_values(model.parameters());
    std::vector<std::int32_t> classes = {7, 7};
    std::vector<float> confidence = {7};
    const Score score = trainer.evaluate(Examples(points.x, points.labels), &classes, &confidence);
    CHECK(all_values(model.parameters()) == before);
    CHECK(optimizer.steps == 0);
    REQUIRE(classes.size() == 2345);
    REQUIRE(confidence.size() == 2345);

    // Again from the definition, in double.
    const Tensor<float>& logits = model.forward(points.x);
    double loss = 0, correct = 0;
    for (std::int64_t i = 0; i < 2345; ++i) {
        const float* z = logits.data() + 3 * i;
        const auto largest = std::int32_t(std::max_element(z, z + 3) - z);
        const double sum = std::exp(double(z[0])) + std::exp(double(z[1])) + std::exp(double(z[2]));
        const std::int32_t label = points.labels.values()[std::size_t(i)];
        loss += std::log(sum) - z[label];
        correct += largest == label;
        CHECK(classes[std::size_t(i)] == largest);
        CHECK(confidence[std::size_t(i)] ==
              doctest::Approx(std::exp(double(z[largest])) / sum).epsilon(1e-5));
    }
    CHECK(score.loss == doctest::Approx(loss / 2345).epsilon(1e-6));
    CHECK(score.accuracy == correct / 2345);
    const Score none = trainer.evaluate(Examples(points.x, points.labels, {}));
    CHECK(none.loss == 0);
    CHECK(none.accuracy == 0);
}

TEST_CASE("a loss that is no number is reported with its place and a remedy") {
    Points points(40);
    points.x.values()[12 * 39 + 5] = std::numeric_limits<float>::quiet_NaN();
    Mlp<float> model(small, Initial::pytorch, 3);
    SgdOptimizer optimizer(model.parameters(), 0.5);
    Trainer trainer(model, optimizer, training(1, 40));
    CHECK(message_of([&] {
              trainer.fit(Examples(points.x, points.labels), Examples(points.x, points.labels, {}));
          }) == "the loss became nan in epoch 1, batch 1; a smaller learning rate than 0.5 may help");

    // So does a rate that is far too large, some steps later.
    const Points good(40);
    Mlp<float> wild(small, Initial::pytorch, 3);
    SgdOptimizer huge(wild.parameters(), 1e30);
    Trainer hopeless(wild, huge, training(5, 10));
    const std::string message =
        message_of([&] { hopeless.fit(Examples(good.x, good.labels), Examples(good.x, good.labels, {})); });
    CHECK(message.starts_with("the loss became "));
    CHECK(message.ends_with("; a smaller learning rate than 1e+30 may help"));
}

TEST_CASE("what cannot be trained is refused") {
    const Points points(10);
    Mlp<float> model(small, Initial::pytorch, 3);
    SgdOptimizer optimizer(model.parameters(), 0.1);
    const Examples all(points.x, points.labels), none(points.x, points.labels, {});
    CHECK(message_of([&] { Trainer(model, optimizer, training(0, 32)); }) ==
          "a training of 0 epochs was asked for; at least 1 is needed");
    CHECK(message_of([&] { Trainer(model, optimizer, training(1, 0)); }) ==
          "batches of 0 examples were asked for; at least 1 is needed");
    Training resume = training(1, 1);
    resume.resume = true;
    CHECK(message_of([&] { Trainer(model, optimizer, resume); }) ==
          "cannot resume without a folder of checkpoints");
    Trainer trainer(model, optimizer, training(1, 4));
    CHECK(message_of([&] { trainer.fit(none, all); }) == "there are no examples to train on");
    CHECK(message_of([&] {
              trainer.fit(Examples(points.x, points.labels, {3, 10}), none);
          }) == "sample 10 does not exist: there are 10");

    // A model with fewer outputs than there are classes.
    const std::int64_t narrow[] = {12, 4, 2};
    Mlp<float> two(narrow, Initial::pytorch, 3);
    SgdOptimizer two_optimizer(two.parameters(), 0.1);
    Trainer too_few(two, two_optimizer, training(1, 10));
    const std::string message = message_of([&] { too_few.fit(all, none); });
    CHECK(message.starts_with("softmax_cross_entropy: label 2 of row "));
    CHECK(message.ends_with(" is none of the 2 classes (0 to 1)"));
}

TEST_CASE("a run goes on from its checkpoint as if it had not stopped") {
    const Points points(100), others(30, 10);
    const auto run = [&](Training t, std::vector<Epoch>* curve = nullptr) {
        Mlp<float> model(small, Initial::pytorch, 3);
        AdamOptimizer optimizer(model.parameters(), 0.02);
        const auto found = Trainer(model, optimizer, t)
                               .fit(Examples(points.x, points.labels), Examples(others.x, others.labels));
        if (curve) *curve = found;
        return all_values(model.parameters());
    };
    std::vector<Epoch> whole_curve, resumed_curve;
    const auto whole = run(training(6, 16), &whole_curve);

    // Two epochs with checkpoints, then all six: the first two are not run again.
    const TemporaryFolder folder;
    Training t = training(2, 16);
    t.checkpoints = folder.path();
    t.seconds_between_checkpoints = 0;
    run(t);
    t.epochs = 6;
    t.resume = true;
    const auto resumed = run(t, &resumed_curve);
    CHECK(find_bit_difference(resumed, whole) == "");
    REQUIRE(resumed_curve.size() == whole_curve.size());
    for (std::size_t i = 0; i < whole_curve.size(); ++i) {
        CHECK(resumed_curve[i].training.loss == whole_curve[i].training.loss);
        CHECK(resumed_curve[i].training.accuracy == whole_curve[i].training.accuracy);
        CHECK(resumed_curve[i].validation.loss == whole_curve[i].validation.loss);
        CHECK(resumed_curve[i].validation.accuracy == whole_curve[i].validation.accuracy);
    }

    // A damaged newest checkpoint costs one step, not the run.
    const auto newest = folder / "step-000000042.safetensors";
    CHECK(std::filesystem::exists(newest));
    std::filesystem::resize_file(newest, 1000);
    CapturedStderr output;
    CHECK(find_bit_difference(run(t), whole) == "");
    CHECK(output.text().find(newest.string() + " is damaged") != std::string::npos);
}

TEST_CASE("checkpoints that are not this run's are refused") {
    const Points points(40);
    const TemporaryFolder folder;
    Training t = training(1, 16);
    t.checkpoints = folder.path();
    t.seconds_between_checkpoints = 0;
    const auto fit = [&](std::span<const std::int64_t> sizes, bool adam) {
        Mlp<float> model(sizes, Initial::pytorch, 3);
        SgdOptimizer sgd(model.parameters(), 0.02);
        AdamOptimizer adam_optimizer(model.parameters(), 0.02);
        Trainer trainer(model, adam ? static_cast<Optimizer&>(adam_optimizer) : sgd, t);
        trainer.fit(Examples(points.x, points.labels), Examples(points.x, points.labels, {}));
    };
    t.resume = true;
    CHECK(message_of([&] { fit(small, false); }) ==
          fmt::format("there is no checkpoint in {} to resume from; run without --resume",
                      folder.path().string()));
    t.resume = false;
    fit(small, false);
    t.resume = true;
    t.run = "another";
    CHECK(message_of([&] { fit(small, false); }) ==
          fmt::format("the checkpoint in {} is of another run:\n  test\nand not of\n  another",
                      folder.path().string()));
    t.run = "test";
    CHECK(message_of([&] { fit(small, true); }) ==
          fmt::format("the checkpoint in {} has no tensor fc1.weight.first of shape (20, 12)",
                      folder.path().string()));
    const std::int64_t wider[] = {12, 21, 8, 3};
    CHECK(message_of([&] { fit(wider, false); }) ==
          fmt::format("the checkpoint in {} has no tensor fc1.weight of shape (21, 12)",
                      folder.path().string()));
    save_checkpoint(folder / "step-000000999.safetensors", {}, {{"author", "another program"}});
    CHECK(
        message_of([&] { fit(small, false); }) ==
        fmt::format("the checkpoint in {} lacks 'run'; it is not from this program", folder.path().string()));
}

}  // namespace kbk::test
