/// @file
/// Benchmarks of what clipping needs: the gradients of a small transformer, and of a layer of GPT-2's smallest.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/clip_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"clip", "Clipping gradients", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        for (const std::int64_t count : {std::int64_t(128) * 512, std::int64_t(768) * 3072, std::int64_t(768) * 50257}) {
            const std::string name = fmt::format("count:{}", count);
            bench.add(
                name, SquareSums{nullptr, nullptr, count},
                [](const SquareSums& p) { return test::square_sums_case(test::reals(p.count, "x")); },
                [](SquareSums& p, bench::Memory& memory) {
                    p.x = memory.copy(p.x, p.count);
                    p.sums = memory.zeros(p.blocks(p.count));
                });
            bench.add(
                name, Rescale{nullptr, count, 1}, [](const Rescale& p) { return test::rescale_case(p.count, p.factor); },
                [](Rescale& p, bench::Memory& memory) { p.x = memory.zeros(p.count); });
        }
    });
}
