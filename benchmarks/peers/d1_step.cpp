/// @file
/// D1's training step in ours, to be compared with PyTorch's by run.py:
///
///     d1_step THREADS STEPS FOLDER
///
/// writes the initial weights and the batches to FOLDER, from where d1_step.py takes them, trains, and prints
/// what it found as JSON: the losses of the first steps, milliseconds of each later one, the machine's
/// multiply-adds.
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "benchmarks/support/peak.hpp"
#include "chapters/07_mlp/mlp.hpp"
#include "common/base/file.hpp"
#include "common/base/threads.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/trainer.hpp"
#include "common/report/saved.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t batch = 100, batches = 20;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// MNIST, or where it is not to be found the data set of the same shape that comes as a package.
ImageData load() {
    try {
        return load_images("mnist");
    } catch (const Error&) {
        return load_images("fashion-mnist");
    }
}

template <class T>
void append(std::string& bytes, const Tensor<T>& tensor) {
    bytes.append(reinterpret_cast<const char*>(tensor.data()), std::size_t(tensor.size()) * sizeof(T));
}

void run(int count, int steps, const std::filesystem::path& folder) {
    set_threads(count);
    const ImageData data = load();
    const Tensor<float> rows = flattened(scaled(data.training.images, -1, 1));
    std::vector<Tensor<float>> x(batches);
    std::vector<Tensor<std::int32_t>> labels(batches);
    for (std::int64_t b = 0; b < batches; ++b) {
        std::vector<std::int32_t> which;
        for (std::int64_t i = 0; i < batch; ++i) which.push_back(std::int32_t(b * batch + i));
        gather(rows, data.training.labels, which, x[b], labels[b]);
    }

    const std::int64_t sizes[] = {784, 512, 256, 128, 10};
    Mlp<float> model(sizes, Initial::pytorch, 1);
    SgdOptimizer optimizer(model.parameters(), 0.001, 0.9);
    Trainer trainer(model, optimizer, {.epochs = 1, .batch = batch, .run = "d1_step"});
    std::string weights, samples, classes;
    for (const auto* p : model.parameters()) append(weights, p->value);
    for (std::int64_t b = 0; b < batches; ++b) append(samples, x[b]), append(classes, labels[b]);
    write_file(folder / "weights.f32", weights);
    write_file(folder / "x.f32", samples);
    write_file(folder / "labels.i32", classes);

    // The first pass over the batches warms up, and its losses must be PyTorch's.
    nlohmann::ordered_json found = saved_facts("d1_step", "A training step of D1's network", "");
    found["dataset"] = data.training.name;
    found["threads"] = count;
    for (std::int64_t b = 0; b < batches; ++b) found["losses"].push_back(trainer.step(x[b], labels[b]));

    // Measure the machine's limit between the steps.
    constexpr std::int64_t rounds = 100000;
    for (int i = 0; i < steps; ++i) {
        const std::size_t b = std::size_t(i % batches);
        double start = now();
        trainer.step(x[b], labels[b]);
        found["step_ms"].push_back(1e3 * (now() - start));
        if (i % 10) continue;
        start = now();
        const double flops = bench::multiply_add(rounds);
        found["peak_gflops"].push_back(1e-9 * flops / (now() - start));
    }

    // Multiply-adds of the products: forward, gradient by the weights, and but for the first layer by the
    // input.
    double flops = 0;
    for (int i = 0; i < 4; ++i) flops += 2.0 * double(batch * sizes[i] * sizes[i + 1]) * (i == 0 ? 2 : 3);
    found["step_gflop"] = 1e-9 * flops;
    fmt::print("{}\n", found.dump());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(stderr,
                   "d1_step: call it as d1_step THREADS STEPS FOLDER, or let ./course bench --peers do it\n");
        return 2;
    }
    try {
        run(std::atoi(argv[1]), std::atoi(argv[2]), argv[3]);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "d1_step: {}\n", error.what());
        return 1;
    }
}
