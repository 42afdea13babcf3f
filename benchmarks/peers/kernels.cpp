/// @file
/// Single operations, with their best rungs, to be compared with PyTorch's in kernels.py.
#include <algorithm>

#include "benchmarks/peers/peer.hpp"
#include "common/nn/compute.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/activation/reference.hpp"
#include "kernels/attention/reference.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv2d/reference.hpp"
#include "kernels/layernorm/reference.hpp"
#include "kernels/matmul/reference.hpp"
#include "kernels/optimizer/reference.hpp"
#include "kernels/softmax/reference.hpp"
#include "kernels/softmax/softmax.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t rows = 4096, columns = 1024;

void activations(bench::Peer& peer) {
    const Tensor<float> x = bench::filled({rows, columns}, 1), dy = bench::filled({rows, columns}, 2);
    Tensor<float> y(x.shape()), dx(x.shape());
    for (const Activation kind : {Activation::relu, Activation::sigmoid, Activation::tanh, Activation::silu, Activation::gelu,
                                  Activation::gelu_tanh}) {
        const BasicActivation<float> forward{kind, x.data(), y.data(), x.size()};
        compute(forward, Device::cpu);
        peer.work(fmt::format("{} {}x{}", name(kind), rows, columns), cost(forward), bench::samples(y.values()),
                  [&] { compute(forward, Device::cpu); });
        const BasicActivationBackward<float> backward{kind, y.data(), dy.data(), dx.data(), x.size(), x.data()};
        compute(backward, Device::cpu);
        peer.work(fmt::format("{} backward {}x{}", name(kind), rows, columns), cost(backward), bench::samples(dx.values()),
                  [&] { compute(backward, Device::cpu); });
    }
}

void softmaxes(bench::Peer& peer) {
    for (const std::int64_t count : {rows, 16 * rows}) {
        const Tensor<float> x = bench::filled({count, columns}, 1), dy = bench::filled({count, columns}, 2);
        Tensor<float> y(x.shape()), dx(x.shape());
        const Softmax forward{x.data(), y.data(), count, columns};
        compute(forward, Device::cpu);
        peer.work(fmt::format("softmax {}x{}", count, columns), cost(forward), bench::samples(y.values()),
                  [&] { compute(forward, Device::cpu); });
        const SoftmaxBackward backward{y.data(), dy.data(), dx.data(), count, columns};
        compute(backward, Device::cpu);
        peer.work(fmt::format("softmax backward {}x{}", count, columns), cost(backward), bench::samples(dx.values()),
                  [&] { compute(backward, Device::cpu); });
    }
}

void layernorms(bench::Peer& peer) {
    for (const std::int64_t count : {rows, 16 * rows}) {
        const Tensor<float> x = bench::filled({count, columns}, 1), dy = bench::filled({count, columns}, 2),
                            gamma = bench::filled({columns}, 3), beta = bench::filled({columns}, 4);
        Tensor<float> y(x.shape()), dx(x.shape()), mean({count}), rstd({count}), d_gamma({columns}), d_beta({columns});
        const LayerNormForward forward{x.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data(), count, columns};
        compute(forward, Device::cpu);
        peer.work(fmt::format("layernorm {}x{}", count, columns), cost(forward), bench::samples(y.values()),
                  [&] { compute(forward, Device::cpu); });
        const LayerNormBackward backward{x.data(), gamma.data(), mean.data(), rstd.data(), dy.data(), dx.data(),
                                         d_gamma.data(), d_beta.data(), count, columns};
        compute(backward, Device::cpu);
        auto check = bench::samples(dx.values());
        for (const double v : bench::samples(d_gamma.values())) check.push_back(v);
        peer.work(fmt::format("layernorm backward {}x{}", count, columns), cost(backward), check,
                  [&] { compute(backward, Device::cpu); });
    }
}

void biased_gelus(bench::Peer& peer) {
    const Tensor<float> x = bench::filled({rows, columns}, 1), bias = bench::filled({columns}, 2);
    Tensor<float> y(x.shape());
    for (const Activation kind : {Activation::gelu, Activation::gelu_tanh}) {
        const ActivationForward problem{kind, x.data(), y.data(), x.size(), bias.data(), columns};
        compute(problem, Device::cpu);
        peer.work(fmt::format("bias + {} {}x{}", name(kind), rows, columns), cost(problem), bench::samples(y.values()),
                  [&] { compute(problem, Device::cpu); });
    }
}

// One step of each rule on as many parameters as a matrix of activations has. What must agree is the first step.
void optimizers(bench::Peer& peer) {
    const Tensor<float> gradient = bench::filled({rows, columns}, 1), start = bench::filled({rows, columns}, 2);
    Tensor<float> weight(start.shape()), first(start.shape()), second(start.shape());
    const std::int64_t count = start.size();
    const auto step = [&](const char* rule, const auto& problem) {
        std::ranges::copy(start.values(), weight.values().begin());
        for (Tensor<float>* state : {&first, &second}) std::ranges::fill(state->values(), 0.5f);
        compute(problem, Device::cpu);
        peer.work(fmt::format("{} {}x{}", rule, rows, columns), cost(problem), bench::samples(weight.values()),
                  [&] { compute(problem, Device::cpu); });
    };
    step("sgd", Sgd{weight.data(), gradient.data(), nullptr, count, 1e-3f});
    step("momentum", Sgd{weight.data(), gradient.data(), first.data(), count, 1e-3f, 0.9f});
    step("adagrad", Adagrad{weight.data(), gradient.data(), second.data(), count, 1e-3f});
    step("rmsprop", RmsProp{weight.data(), gradient.data(), second.data(), count, 1e-3f});
    step("adam", Adam{weight.data(), gradient.data(), first.data(), second.data(), count, 10, 1e-3f});
}

// Causal attention of (batch, heads, positions, width), forward, and forward with backward.
void attentions(bench::Peer& peer) {
    for (const Shape& shape : {Shape{4, 12, 256, 64}, Shape{1, 8, 1024, 64}}) {
        const Tensor<float> q = bench::filled(shape, 1), k = bench::filled(shape, 2), v = bench::filled(shape, 3),
                            d_out = bench::filled(shape, 4);
        Tensor<float> out(shape), log_sum({shape.count() / shape[3]}), dq(shape), dk(shape), dv(shape);
        const Attention forward{q.data(), k.data(), v.data(), out.data(), log_sum.data(), shape[0], shape[1], shape[2],
                                shape[2], shape[3]};
        const AttentionBackward backward{q.data(), k.data(), v.data(), out.data(), log_sum.data(), d_out.data(), dq.data(),
                                         dk.data(), dv.data(), shape[0], shape[1], shape[2], shape[2], shape[3]};
        const auto both = [&] {
            compute(forward, Device::cpu);
            compute(backward, Device::cpu);
        };
        both();
        const std::string sizes = fmt::format("{}x{}x{}x{}", shape[0], shape[1], shape[2], shape[3]);
        peer.work("attention " + sizes, cost(forward), bench::samples(out.values()),
                  [&] { compute(forward, Device::cpu); });
        auto check = bench::samples(dq.values());
        for (const Tensor<float>* d : {&dk, &dv})
            for (const double x : bench::samples(d->values())) check.push_back(x);
        const Cost there = cost(forward), back = cost(backward);
        peer.work("attention forward + backward " + sizes, {there.flops + back.flops, there.bytes + back.bytes}, check,
                  both);
    }
}

// Squares, and (m, n, k) of layers as they come forward and backward: as stored, and with either operand transposed.
void matmuls(bench::Peer& peer) {
    std::vector<std::array<std::int64_t, 3>> shapes;
    for (const std::int64_t n : {256, 512, 1024, 2048}) shapes.push_back({n, n, n});
    shapes.insert(shapes.end(), {{100, 512, 784}, {768, 128, 128}, {768, 512, 128}, {256, 768, 768}, {256, 3072, 768}});
    for (const auto& [m, n, k] : shapes)
        for (const char transposed : m == n ? std::string("-") : std::string("-ab")) {
            const bool left = transposed == 'a', right = transposed == 'b';
            const Tensor<float> a = bench::filled(left ? Shape{k, m} : Shape{m, k}, 1),
                                b = bench::filled(right ? Shape{n, k} : Shape{k, n}, 2);
            Tensor<float> c({m, n});
            Matmul problem{.a = a.data(), .b = b.data(), .c = c.data(), .m = m, .n = n, .k = k};
            problem.transpose_a = left, problem.transpose_b = right;
            compute(problem, Device::cpu);
            peer.work(fmt::format("matmul {}x{}x{} {}", m, n, k, transposed), cost(problem), bench::samples(c.values()),
                      [&] { compute(problem, Device::cpu); });
        }
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_peer(argc, argv, "Single operations", [](bench::Peer& peer) {
        activations(peer);
        biased_gelus(peer);
        optimizers(peer);
        softmaxes(peer);
        layernorms(peer);
        attentions(peer);
        matmuls(peer);
    });
}
