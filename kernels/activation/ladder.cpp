/// @file
/// The only list of the rungs of activation and activation_backward, in order.
#include "kernels/activation/destination.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk {

namespace {

// Why stores past the caches would lose. The reasons are short, since std::string keeps up to 15 characters
// without an allocation, and a training step asks for each layer.
std::string refuse_streaming(std::int64_t read, std::int64_t count, bool in_place) {
    const std::int64_t bytes = 4 * count;
    if (cpu::kept_in_cache(read * bytes, bytes) == bytes) return "a small array";  // a cache keeps it for the next layer
    return in_place ? "in place" : "";                                             // what is overwritten was read anyway
}

std::string refuse_forward(const ActivationForward& p) {
    return refuse_streaming(1, p.count, p.x && p.x == p.y);
}

std::string refuse_backward(const ActivationBackward& p) {
    return refuse_streaming(2, p.count, p.dx && (p.dx == p.dy || p.dx == p.kept()));
}

}  // namespace

std::string_view name(Activation kind) {
    switch (kind) {
        case Activation::identity:
            return "identity";
        case Activation::relu:
            return "relu";
        case Activation::leaky_relu:
            return "leaky_relu";
        case Activation::sigmoid:
            return "sigmoid";
        case Activation::tanh:
            return "tanh";
        case Activation::gelu:
            return "gelu";
        case Activation::gelu_tanh:
            return "gelu_tanh";
        case Activation::silu:
            return "silu";
    }
    return "?";
}

const Ladder<ActivationRung>& activation() {
    static const Ladder<ActivationRung> ladder(
        "activation",
        {
            {Device::cpu, "naive", cpu::naive, "one loop"},
            {Device::cpu, "vectorized", cpu::vectorized, "a register full of elements at once"},
            {Device::cpu, "fused", cpu::fused, "the bias added on the way"},
            {Device::cpu, "threaded", cpu::threaded, "the array in pieces, on all cores"},
            {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_forward},
#ifdef KBK_MINE
            {Device::cpu, "mine", cpu::mine, "yours"},
#endif
            {Device::cuda, "naive", gpu::naive, "one thread an element"},
            {Device::cuda, "vectorized", gpu::vectorized, "four elements a thread and step"},
        });
    return ladder;
}

const Ladder<ActivationBackwardRung>& activation_backward() {
    static const Ladder<ActivationBackwardRung> ladder(
        "activation_backward",
        {
            {Device::cpu, "naive", cpu::naive, "one loop"},
            {Device::cpu, "vectorized", cpu::vectorized, "a register full of elements at once"},
            {Device::cpu, "threaded", cpu::threaded, "the arrays in pieces, on all cores"},
            {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_backward},
            {Device::cuda, "naive", gpu::naive, "one thread an element"},
            {Device::cuda, "vectorized", gpu::vectorized, "four elements a thread and step"},
        });
    return ladder;
}

Cost cost(const ActivationForward& p) {
    const double bias = p.columns ? 1 : 0;
    return {(1 + bias) * double(p.count), 8.0 * double(p.count) + 4 * bias * double(p.columns)};
}
Cost cost(const ActivationBackward& p) {
    return {double(p.count), 12.0 * double(p.count)};
}

void validate(const ActivationForward& p) {
    require(p.count >= 0, "activation: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.x && p.y), "activation: a null pointer where {} elements are expected",
            p.count);
    require(!p.bias || (p.columns > 0 && p.count % p.columns == 0),
            "activation: {} elements are no whole number of rows of {}, to which the bias is added", p.count,
            p.columns);
}

void validate(const ActivationBackward& p) {
    require(p.count >= 0, "activation_backward: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.kept() && p.dy && p.dx),
            "activation_backward: a null pointer where {} elements are expected", p.count);
}

}  // namespace kbk
