/// @file
/// Benchmarks of adding two arrays: within a core's cache, within the cores' shared one, and beyond.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/residual_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"residual", "Residual sum", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        for (const std::int64_t count : {std::int64_t(1) << 14, std::int64_t(768) * 128, std::int64_t(4096) * 1024})
            bench.add(
                fmt::format("count:{}", count), Residual{nullptr, nullptr, nullptr, count},
                [](const Residual& p) { return test::residual_case(p.count); },
                [](Residual& p, bench::Memory& memory) {
                    p.a = memory.copy(p.a, p.count);
                    p.b = memory.copy(p.b, p.count);
                    p.y = memory.zeros(p.count);
                });
    });
}
