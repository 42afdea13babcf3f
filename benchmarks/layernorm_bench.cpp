/// @file
/// Benchmarks of layer normalisation and its gradients: a small transformer's rows, a large one's, and more than a cache.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/layernorm_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"layernorm", "Layer normalisation", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns, bool branch = false) {
            // Of a branch the cost must know; where it lies, the case says.
            static const float somewhere = 0;
            LayerNormForward forward{};
            forward.rows = rows, forward.columns = columns, forward.branch = branch ? &somewhere : nullptr;
            bench.add(
                name, forward,
                [](const LayerNormForward& p) {
                    return test::layernorm_case(p.rows, test::reals(p.rows * p.columns, "x"),
                                                p.branch ? test::Stream::branch : test::Stream::plain);
                },
                [](LayerNormForward& p, bench::Memory& memory) {
                    const std::int64_t count = p.rows * p.columns;
                    p.x = memory.copy(p.x, count);
                    p.gamma = memory.copy(p.gamma, p.columns);
                    p.beta = memory.copy(p.beta, p.columns);
                    if (p.branch) p.branch = memory.copy(p.branch, count);
                    if (p.branch) p.sum = memory.zeros(count);
                    p.y = memory.zeros(count);
                    p.mean = memory.zeros(p.rows);
                    p.rstd = memory.zeros(p.rows);
                });
            LayerNormBackward backward{};
            backward.rows = rows, backward.columns = columns, backward.residual = branch ? &somewhere : nullptr;
            bench.add(
                name, backward,
                [](const LayerNormBackward& p) {
                    return test::layernorm_backward_case(p.rows, p.columns, 0, p.residual != nullptr);
                },
                [](LayerNormBackward& p, bench::Memory& memory) {
                    const std::int64_t count = p.rows * p.columns;
                    p.x = memory.copy(p.x, count);
                    p.dy = memory.copy(p.dy, count);
                    p.gamma = memory.copy(p.gamma, p.columns);
                    p.mean = memory.copy(p.mean, p.rows);
                    p.rstd = memory.copy(p.rstd, p.rows);
                    if (p.residual) p.residual = memory.copy(p.residual, count);
                    p.dx = memory.zeros(count);
                    p.d_gamma = memory.zeros(p.columns);
                    p.d_beta = memory.zeros(p.columns);
                });
        };
        add("rows:768/columns:128", 768, 128);
        add("rows:256", 256, 1024);
        add("rows:4096", 4096, 1024);
        add("rows:16384", 16384, 1024);
        add("rows:4096/branch", 4096, 1024, true);
    });
}
