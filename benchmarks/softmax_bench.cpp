/// @file
/// Benchmarks of softmax and its gradient: a classifier's rows, an attention's, a language model's.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/softmax_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"softmax", "Softmax", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
            bench.add(
                name, Softmax{nullptr, nullptr, rows, columns},
                [](const Softmax& p) {
                    return test::softmax_rows_case("benchmark", p.rows,
                                                   test::reals(p.rows * p.columns, "logits"));
                },
                [](Softmax& p, bench::Memory& memory) {
                    p.x = memory.copy(p.x, p.rows * p.columns);
                    p.y = memory.zeros(p.rows * p.columns);
                });
            bench.add(
                name, SoftmaxBackward{nullptr, nullptr, nullptr, rows, columns},
                [](const SoftmaxBackward& p) { return test::softmax_backward_case(p.rows, p.columns); },
                [](SoftmaxBackward& p, bench::Memory& memory) {
                    p.y = memory.copy(p.y, p.rows * p.columns);
                    p.dy = memory.copy(p.dy, p.rows * p.columns);
                    p.dx = memory.zeros(p.rows * p.columns);
                });
        };
        add("rows:1000/columns:10", 1000, 10);
        for (const std::int64_t rows : {64, 512, 4096, 32768}) add(fmt::format("rows:{}", rows), rows, 1024);
        add("rows:128/columns:50257", 128, 50257);
    });
}
