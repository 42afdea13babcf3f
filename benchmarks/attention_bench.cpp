/// @file
/// Benchmarks of attention and its gradient: GPT-2's heads on a short and a long context, a small model's, a model that
/// writes one token, and a curve of contexts.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/attention_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"attention", "Attention", bench::Roof::flops};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        const auto forward = [&](const std::string& name, const Attention& sizes) {
            bench.add(
                name, sizes, [](const Attention& p) { return test::attention_case(p); },
                [](Attention& p, bench::Memory& memory) {
                    const std::int64_t heads = p.batch * p.heads, q = heads * p.queries * p.width,
                                       k = heads * p.keys * p.width;
                    p.q = memory.copy(p.q, q), p.k = memory.copy(p.k, k), p.v = memory.copy(p.v, k);
                    p.out = memory.zeros(q), p.log_sum = memory.zeros(heads * p.queries);
                });
        };
        const auto backward = [&](const std::string& name, const Attention& sizes) {
            AttentionBackward problem{};
            problem.batch = sizes.batch, problem.heads = sizes.heads, problem.width = sizes.width;
            problem.queries = sizes.queries, problem.keys = sizes.keys;
            bench.add(
                name, problem,
                [sizes](const AttentionBackward&) { return test::attention_backward_case(sizes); },
                [](AttentionBackward& p, bench::Memory& memory) {
                    const std::int64_t heads = p.batch * p.heads, q = heads * p.queries * p.width,
                                       k = heads * p.keys * p.width;
                    p.q = memory.copy(p.q, q), p.k = memory.copy(p.k, k), p.v = memory.copy(p.v, k);
                    p.out = memory.copy(p.out, q), p.d_out = memory.copy(p.d_out, q);
                    p.log_sum = memory.copy(p.log_sum, heads * p.queries);
                    p.dq = memory.zeros(q), p.dk = memory.zeros(k), p.dv = memory.zeros(k);
                });
        };
        for (const std::int64_t context : {32, 64, 128, 256, 512}) {
            const Attention sizes = test::heads_of(1, 12, context, context, 64);
            forward(fmt::format("context:{}", context), sizes);
            backward(fmt::format("context:{}", context), sizes);
        }
        const Attention gpt2 = test::heads_of(4, 12, 256, 256, 64), wide = test::heads_of(1, 8, 1024, 1024, 64),
                        small = test::heads_of(12, 4, 64, 64, 32);
        forward("heads:4x12x256x64", gpt2);
        backward("heads:4x12x256x64", gpt2);
        forward("heads:1x8x1024x64", wide);
        backward("heads:1x8x1024x64", wide);
        forward("heads:12x4x64x32", small);
        backward("heads:12x4x64x32", small);
        forward("one:12x1024x64", test::heads_of(1, 12, 1, 1024, 64));
    });
}
