/// @file
/// Benchmarks of optimiser steps, from a small layer's parameters past those of D1's network to arrays of 128
/// MiB.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/optimizer_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"optimizer", "Optimiser steps", bench::Roof::bytes}, [](bench::Bench& bench) {
            for (const std::int64_t count : {1000, 10000, 100000, 567434, 4000000, 1 << 25}) {
                bench.add(
                    fmt::format("count:{}", count), Sgd{nullptr, nullptr, nullptr, count, 1e-3f, 0.9f},
                    [](const Sgd& p) { return test::sgd_case("benchmark", p, p.count); },
                    [](Sgd& p, bench::Memory& memory) {
                        p.gradient = memory.copy(p.gradient, p.count);
                        p.weight = memory.zeros(p.count);
                        p.velocity = memory.zeros(p.count);
                    });
                const auto scaled = [](auto problem) {
                    return
                        [](const decltype(problem)& p) { return test::scaled_case("benchmark", p, p.count); };
                };
                const auto memory_of_scaled = [](auto& p, bench::Memory& memory) {
                    p.gradient = memory.copy(p.gradient, p.count);
                    p.weight = memory.zeros(p.count);
                    p.square = memory.zeros(p.count);
                };
                // Of arrays far beyond any cache two ladders tell enough: these move as many bytes as
                // momentum.
                if (count <= 4000000) {
                    bench.add(fmt::format("count:{}", count), Adagrad{nullptr, nullptr, nullptr, count},
                              scaled(Adagrad{}), memory_of_scaled);
                    bench.add(fmt::format("count:{}", count), RmsProp{nullptr, nullptr, nullptr, count},
                              scaled(RmsProp{}), memory_of_scaled);
                }
                bench.add(
                    fmt::format("count:{}", count), Adam{nullptr, nullptr, nullptr, nullptr, count, 10},
                    [](const Adam& p) { return test::adam_case("benchmark", p, p.count); },
                    [](Adam& p, bench::Memory& memory) {
                        p.gradient = memory.copy(p.gradient, p.count);
                        p.weight = memory.zeros(p.count);
                        p.first = memory.zeros(p.count);
                        p.second = memory.zeros(p.count);
                    });
            }
        });
}
