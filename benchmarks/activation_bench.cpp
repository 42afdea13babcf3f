/// @file
/// Benchmarks of activation functions and their gradients: relu over arrays that fit the first cache and
/// arrays that fit none; gelu and the others with an exponential; relu after a bias.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/activation_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"activation", "Activation functions", bench::Roof::bytes}, [](bench::Bench& bench) {
            const auto forward = [&](const std::string& name, Activation kind, std::int64_t count,
                                     std::int64_t columns) {
                ActivationForward problem{kind, nullptr, nullptr, count};
                problem.columns = columns;
                bench.add(
                    name, problem,
                    [](const ActivationForward& p) {
                        const auto bias = p.columns ? test::reals(p.columns, "bias") : std::vector<float>();
                        return test::activation_case(p.kind, test::reals(p.count, "x"), test::Place::beside,
                                                     bias);
                    },
                    [](ActivationForward& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, p.count);
                        p.y = memory.zeros(p.count);
                        if (p.bias) p.bias = memory.copy(p.bias, p.columns);
                    });
            };
            const auto backward = [&](const std::string& name, Activation kind, std::int64_t count) {
                // The gradient of gelu comes from its argument, that of relu from its value; either is any
                // number here.
                bench.add(
                    name, ActivationBackward{kind, nullptr, nullptr, nullptr, count},
                    [](const ActivationBackward& p) {
                        return test::activation_backward_case(p.kind, test::reals(p.count, "y"),
                                                              test::reals(p.count, "dy"));
                    },
                    [](ActivationBackward& p, bench::Memory& memory) {
                        const float* kept = memory.copy(p.kept(), p.count);
                        p.x = p.y = kept;
                        p.dy = memory.copy(p.dy, p.count);
                        p.dx = memory.zeros(p.count);
                    });
            };
            for (const std::int64_t count : {1 << 10, 1 << 13, 1 << 16, 1 << 19, 1 << 21, 1 << 23, 1 << 25}) {
                forward(fmt::format("count:{}", count), Activation::relu, count, 0);
                backward(fmt::format("count:{}", count), Activation::relu, count);
            }
            for (const std::int64_t count : {1 << 16, 1 << 22, 1 << 25}) {
                forward(fmt::format("gelu/count:{}", count), Activation::gelu, count, 0);
                backward(fmt::format("gelu/count:{}", count), Activation::gelu, count);
            }
            for (const Activation kind : {Activation::sigmoid, Activation::tanh, Activation::silu, Activation::gelu_tanh}) {
                forward(fmt::format("{}/count:{}", name(kind), 1 << 25), kind, 1 << 25, 0);
                backward(fmt::format("{}/count:{}", name(kind), 1 << 25), kind, 1 << 25);
            }
            forward("bias/rows:4096/columns:1024", Activation::relu, 4096 * 1024, 1024);
        });
}
