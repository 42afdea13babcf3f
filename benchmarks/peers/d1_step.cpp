/// @file
/// A training step of D1's network (784-512-256-128-10, batch 100, SGD 0.001, momentum 0.9) in ours, to be compared with
/// PyTorch's in d1_step.py, which takes the initial weights and the batches from the files written here.
#include "benchmarks/peers/peer.hpp"
#include "chapters/07_mlp/mlp.hpp"
#include "common/base/file.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/trainer.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t batch = 100, batches = 20;

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

void run(bench::Peer& peer) {
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
    std::string weights, pictures, classes;
    for (const auto* p : model.parameters()) append(weights, p->value);
    for (std::int64_t b = 0; b < batches; ++b) append(pictures, x[b]), append(classes, labels[b]);
    write_file(peer.folder / "weights.f32", weights);
    write_file(peer.folder / "x.f32", pictures);
    write_file(peer.folder / "labels.i32", classes);

    // Multiply-adds of the products: forward, gradient by the weights, and but for the first layer by the
    // input.
    double flops = 0;
    for (int i = 0; i < 4; ++i) flops += 2.0 * double(batch * sizes[i] * sizes[i + 1]) * (i == 0 ? 2 : 3);

    // The first pass over the batches warms up, and its losses must be PyTorch's.
    std::vector<double> losses;
    for (std::int64_t b = 0; b < batches; ++b) losses.push_back(trainer.step(x[b], labels[b]));
    peer.fact("dataset", data.training.name);
    std::size_t b = 0;
    peer.work("step", {.flops = flops, .bytes = 0}, losses, [&] {
        trainer.step(x[b], labels[b]);
        b = (b + 1) % batches;
    });
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_peer(argc, argv, "A training step of D1's network", run);
}
