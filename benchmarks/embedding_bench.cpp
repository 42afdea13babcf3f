/// @file
/// Benchmarks of gathering rows of a table and of scattering their gradient: a small model of characters, and GPT-2's table
/// with a short and a long batch of text.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/embedding_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"embedding", "Embedding", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        const auto add = [&](const std::string& name, const test::EmbeddingSize& s, float beta) {
            static const float somewhere = 0;  // the cost must know that places count; where they lie, the case says
            EmbeddingForward forward{};
            forward.rows = s.rows, forward.vocabulary = s.vocabulary, forward.width = s.width, forward.time = s.time;
            forward.positions = &somewhere;
            bench.add(
                name, forward, [s](const EmbeddingForward&) { return test::embedding_case(s); },
                [](EmbeddingForward& p, bench::Memory& memory) {
                    p.tokens = memory.copy(p.tokens, p.rows);
                    p.table = memory.copy(p.table, p.vocabulary * p.width);
                    p.positions = memory.copy(p.positions, p.time * p.width);
                    p.y = memory.zeros(p.rows * p.width);
                });
            bench.add(
                name, EmbeddingBackward{nullptr, nullptr, nullptr, s.rows, s.vocabulary, s.width, beta},
                [s, beta](const EmbeddingBackward&) { return test::embedding_backward_case(s, beta); },
                [](EmbeddingBackward& p, bench::Memory& memory) {
                    p.tokens = memory.copy(p.tokens, p.rows);
                    p.dy = memory.copy(p.dy, p.rows * p.width);
                    p.gradient = memory.zeros(p.vocabulary * p.width);
                });
        };
        // A step of the small GPT; and of four short texts with GPT-2's table, to which a head that is tied to it wrote first.
        add("vocabulary:65", {768, 65, 128, 64}, 0);
        add("vocabulary:50257", {256, 50257, 768, 64}, 1);
        // Four texts that fill GPT-2's context: 12.6 MB of rows, more than the second-level caches hold.
        add("tokens:4096", {4096, 50257, 768, 1024}, 1);
    });
}
