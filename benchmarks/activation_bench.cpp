/// @file
/// Benchmarks of relu and its gradient, over arrays that fit the first cache and arrays that fit none.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/activation_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"activation", "Activation functions", bench::Roof::bytes}, [](bench::Bench& bench) {
            for (const std::int64_t count : {1 << 10, 1 << 13, 1 << 16, 1 << 19, 1 << 21, 1 << 23}) {
                bench.add(
                    fmt::format("count:{}", count),
                    ActivationForward{Activation::relu, nullptr, nullptr, count},
                    [](const ActivationForward& p) {
                        return test::activation_case(p.kind, test::reals(p.count, "x"));
                    },
                    [](ActivationForward& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, p.count);
                        p.y = memory.zeros(p.count);
                    });
                bench.add(
                    fmt::format("count:{}", count),
                    ActivationBackward{Activation::relu, nullptr, nullptr, nullptr, count},
                    [](const ActivationBackward& p) {
                        return test::activation_backward_case(p.kind, test::reals(p.count, "y"),
                                                              test::reals(p.count, "dy"));
                    },
                    [](ActivationBackward& p, bench::Memory& memory) {
                        p.y = memory.copy(p.y, p.count);
                        p.dy = memory.copy(p.dy, p.count);
                        p.dx = memory.zeros(p.count);
                    });
            }
        });
}
