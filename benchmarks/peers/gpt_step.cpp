/// @file
/// Training steps of chapter 14's GPTs in ours, to be compared with PyTorch's in gpt_step.py: nanoGPT's small
/// one (4 layers, 4 heads, 128 wide, 12 windows of 64 characters) and GPT-2 (124 million parameters, 4
/// windows of 64 tokens). Each step: loss, gradients, clipping at a norm of 1, AdamW with weight decay for
/// matrices alone.
#include "benchmarks/peers/peer.hpp"
#include "chapters/14_transformer/gpt.hpp"
#include "chapters/14_transformer/text_trainer.hpp"

namespace {

using namespace kbk;

// First values that PyTorch's side makes, too.
void fill_weights(Gpt<float>& model) {
    std::uint32_t seed = 1;
    for (Parameter<float>* p : model.parameters()) {
        bench::fill(p->value.values(), seed++);
        const bool scale = p->name.find("ln_") != std::string::npos && p->name.ends_with(".weight");
        for (float& w : p->value.values()) w = scale ? 1 + 0.1f * w : 0.03f * w;
    }
}

void measure(bench::Peer& peer, const std::string& name, const GptConfig& config, std::int64_t batch,
             std::int64_t time, int losses) {
    Gpt<float> model(config, 1);
    fill_weights(model);
    AdamOptimizer optimizer(decay_groups(model.parameters(), 0.1), 1e-3, 0.9, 0.99);
    TextTrainer trainer(model, optimizer, {.steps = 1, .batch = batch, .run = name, .show = false});

    // Tokens in no order.
    Tensor<std::int32_t> x({batch, time}), next({batch * time});
    for (std::int64_t i = 0; i < batch * time; ++i) {
        x.data()[i] = std::int32_t(i * 7919 % config.vocabulary);
        next.data()[i] = std::int32_t((i + 1) * 7919 % config.vocabulary);
    }
    std::vector<double> found;
    for (int i = 0; i < losses; ++i) found.push_back(trainer.step(x, next));
    const double flops = 3 * double(batch) * config.flops(0, time, time);
    peer.work(name, {.flops = flops, .bytes = 0}, found, [&] { trainer.step(x, next); });
}

void run(bench::Peer& peer) {
    measure(peer, "small GPT step",
            {.vocabulary = 65, .context = 64, .layers = 4, .heads = 4, .channels = 128}, 12, 64, 10);
    measure(peer, "GPT-2 step", gpt2_config(), 4, 64, 2);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_peer(argc, argv, "Training steps of GPTs", run);
}
