/// @file
/// Benchmarks of the product in int8: squares, and the layers of a transformer.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/matmul_int8_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(argc, argv, {"matmul_int8", "Matrix multiplication in int8", bench::Roof::flops}, [](bench::Bench& bench) {
        const auto add = [&](const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k) {
            MatmulInt8 problem{};
            problem.m = m, problem.n = n, problem.k = k;
            bench.add(
                name, problem, [](const MatmulInt8& p) { return test::int8_case(p.m, p.n, p.k); },
                [](MatmulInt8& p, bench::Memory& memory) {
                    p.a = memory.copy(p.a, p.m * p.k);
                    p.b = memory.copy(p.b, p.n * p.k);
                    p.scale_a = memory.copy(p.scale_a, p.m);
                    p.scale_b = memory.copy(p.scale_b, p.n);
                    p.c = memory.zeros(p.m * p.n);
                });
        };
        for (const std::int64_t n : {64, 128, 256, 512, 1024}) add(fmt::format("n:{}", n), n, n, n);
        add("layer:768-768/rows:256", 256, 768, 768);
        add("layer:768-3072/rows:256", 256, 3072, 768);
        add("layer:768-3072/rows:1", 1, 3072, 768);
    });
}
