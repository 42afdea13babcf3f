/// @file
/// A training step of D0's convolutional network (32-64-64, Adam) on 64 pictures of 3 x 32 x 32 in ours, to be compared
/// with PyTorch's in d0_step.py, which takes the initial weights from the file written here.
#include "benchmarks/peers/peer.hpp"
#include "chapters/10_cnn/cnn.hpp"
#include "common/base/file.hpp"
#include "common/nn/trainer.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t batch = 64;

void run(bench::Peer& peer) {
    Cnn<float> model({3, 32, 32}, 1, 32, Device::cpu);
    AdamOptimizer optimizer(model.parameters(), 1e-3, 0.9, 0.999, 1e-7);
    Trainer trainer(model, optimizer, {.epochs = 1, .batch = batch, .run = "d0_step"});
    std::string weights;
    for (const auto* p : model.parameters())
        weights.append(reinterpret_cast<const char*>(p->value.data()), std::size_t(p->value.size()) * sizeof(float));
    write_file(peer.folder / "weights.f32", weights);
    const Tensor<float> x = bench::filled({batch, 3, 32, 32}, 1);
    Tensor<std::int32_t> labels({batch});
    for (std::int32_t i = 0; i < batch; ++i) labels.data()[i] = i % 10;

    // Three products a layer, but two for the first, which needs no gradient by its input.
    const double first = 30 * 30 * 32 * 27, others = 13 * 13 * 64 * 288 + 4 * 4 * 64 * 576 + 1024 * 64 + 64 * 10;
    const double flops = batch * 2 * (2 * first + 3 * others);

    std::vector<double> losses;
    for (int i = 0; i < 10; ++i) losses.push_back(trainer.step(x, labels));
    peer.work("step", {.flops = flops, .bytes = 0}, losses, [&] { trainer.step(x, labels); });
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_peer(argc, argv, "A training step of D0's convolutional network", run);
}
