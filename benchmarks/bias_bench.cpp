/// @file
/// Benchmarks of adding a bias and of its gradient, on the rows of a layer of 512 outputs.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/bias_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"bias", "Bias and its gradient", bench::Roof::bytes}, [](bench::Bench& bench) {
            const std::int64_t columns = 512;
            for (const std::int64_t rows : {10, 100, 1000, 5000, 20000, 65536}) {
                bench.add(
                    fmt::format("rows:{}", rows), Bias{nullptr, nullptr, rows, columns},
                    [](const Bias& p) {
                        return test::bias_case(p.rows, p.columns, test::reals(p.rows * p.columns, "y"),
                                               test::reals(p.columns, "bias"));
                    },
                    [](Bias& p, bench::Memory& memory) {
                        p.bias = memory.copy(p.bias, p.columns);
                        p.y = memory.zeros(p.rows * p.columns);
                    });
                bench.add(
                    fmt::format("rows:{}", rows), BiasGradient{nullptr, nullptr, rows, columns},
                    [](const BiasGradient& p) {
                        // Integers, whose sums are exact: those of many reals stray by more than a test
                        // accepts.
                        return test::bias_gradient_case(
                            p.rows, p.columns, test::integers(p.rows * p.columns, "dy"),
                            std::vector<float>(std::size_t(p.columns), test::poison()), 0, true);
                    },
                    [](BiasGradient& p, bench::Memory& memory) {
                        p.dy = memory.copy(p.dy, p.rows * p.columns);
                        p.gradient = memory.zeros(p.columns);
                    });
            }
        });
}
