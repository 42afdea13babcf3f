/// @file
/// Single operations, with their best rungs, to be compared with PyTorch's in kernels.py.
#include "benchmarks/peers/peer.hpp"
#include "common/nn/compute.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/activation/reference.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv2d/reference.hpp"
#include "kernels/layernorm/reference.hpp"
#include "kernels/softmax/reference.hpp"
#include "kernels/softmax/softmax.hpp"

namespace {

using namespace kbk;

constexpr std::int64_t rows = 4096, columns = 1024;

void activations(bench::Peer& peer) {
    const Tensor<float> x = bench::filled({rows, columns}, 1), dy = bench::filled({rows, columns}, 2);
    Tensor<float> y(x.shape()), dx(x.shape());
    for (const Activation kind : {Activation::relu, Activation::tanh, Activation::gelu, Activation::gelu_tanh}) {
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

}  // namespace

int main(int argc, char** argv) {
    return bench::run_peer(argc, argv, "Single operations", [](bench::Peer& peer) {
        activations(peer);
        biased_gelus(peer);
        softmaxes(peer);
        layernorms(peer);
    });
}
