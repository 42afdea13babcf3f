/// @file
/// A small training in a process of its own, with a checkpoint after every step: what resume_test kills and
/// resumes.
///
///     training_process train FOLDER FINAL [resume] [slow] [run=NAME] [threads=N]
///     training_process write FILE
///
/// The first trains a perceptron with checkpoints in FOLDER and writes weights, optimiser state and learning
/// curve to FINAL; slow, with a pause in each step. The second writes a checkpoint of known values, for
/// readers that share none of our code.
#include <fmt/core.h>

#include <chrono>
#include <cstring>
#include <span>
#include <string_view>
#include <thread>

#include "chapters/07_mlp/mlp.hpp"
#include "common/base/interrupt.hpp"
#include "common/base/threads.hpp"
#include "common/nn/trainer.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t samples = 360, features = 20, classes = 4;

// Points of a cube; their class is told by the sign of one coordinate and of the product of two others.
Tensor<float> points() {
    Tensor<float> x({samples, features});
    Philox(11, stream_id("points")).fill_uniform(x.values(), -1, 1);
    return x;
}

Tensor<std::int32_t> classes_of(const Tensor<float>& x) {
    Tensor<std::int32_t> labels({samples});
    for (std::int64_t i = 0; i < samples; ++i) {
        const float* p = x.data() + i * features;
        labels.data()[i] = (p[0] > 0) + 2 * (p[1] * p[2] > 0);
    }
    return labels;
}

// A perceptron that takes its time, so that whoever wants to stop it comes in time.
struct Model : Mlp<float> {
    using Mlp::Mlp;
    std::chrono::milliseconds pause{0};
    void backward(const Tensor<float>& dy) {
        std::this_thread::sleep_for(pause);
        Mlp::backward(dy);
    }
};

void train(const char* folder, const char* final_file, std::span<char*> options) {
    Training training{.epochs = 3,
                      .batch = 32,
                      .seed = 5,
                      .run = "training_process",
                      .checkpoints = folder,
                      .seconds_between_checkpoints = 0,
                      .show = false,
                      .schedule = warm_up(4, cosine_annealing(0.01, 0.001, 26))};
    std::chrono::milliseconds pause{0};
    for (const std::string_view option : options) {
        if (option == "resume") training.resume = true;
        if (option == "slow") pause = std::chrono::milliseconds(20);
        if (option.starts_with("run=")) training.run = option.substr(4);
        if (option.starts_with("threads=")) set_threads(std::atoi(option.data() + 8));
    }
    catch_interrupts();

    // Ten batches an epoch, of which the last is smaller, and some points held out.
    const Tensor<float> x = points();
    const Tensor<std::int32_t> labels = classes_of(x);
    std::vector<std::int32_t> learn, held_out;
    for (std::int32_t i = 0; i < samples; ++i) (i % 6 ? learn : held_out).push_back(i);
    const std::int64_t sizes[] = {features, 128, 64, classes};
    Model model(sizes, Initial::pytorch, 5);
    model.pause = pause;
    AdamOptimizer optimizer(model.parameters(), 0.01);
    Trainer trainer(model, optimizer, training);
    const auto curve = trainer.fit(Examples(x, labels, learn), Examples(x, labels, held_out));

    std::vector<std::pair<std::string, const Tensor<float>*>> tensors;
    for (const auto* p : model.parameters()) tensors.emplace_back(p->name, &p->value);
    for (const auto& [name, tensor] : optimizer.state()) tensors.emplace_back(name, tensor);
    std::string text;
    for (const auto& e : curve)
        text += fmt::format("{:a} {:a} {:a} {:a}\n", e.training.loss, e.training.accuracy, e.validation.loss,
                            e.validation.accuracy);
    save_checkpoint(final_file, tensors, {{"curve", text}, {"steps", std::to_string(optimizer.steps)}});
}

void write(const char* file) {
    Tensor<float> counted({2, 3, 4}), empty({0, 5}), single(Shape{});
    for (std::int64_t i = 0; i < counted.size(); ++i) counted.data()[i] = float(i) / 8 - 1;
    single.data()[0] = -0x1.fffffep127f;
    save_checkpoint(file, {{"counted", &counted}, {"empty", &empty}, {"largest \"number\"", &single}},
                    {{"purpose", "read by another program: \xc3\xa9, \\, \n"}});
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc >= 4 && std::strcmp(argv[1], "train") == 0)
            train(argv[2], argv[3], std::span(argv, std::size_t(argc)).subspan(4));
        else if (argc == 3 && std::strcmp(argv[1], "write") == 0)
            write(argv[2]);
        else
            return 2;
        return 0;
    } catch (const Interrupted& stop) {
        fmt::print(stderr, "{}\n", stop.what());
        return 130;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
