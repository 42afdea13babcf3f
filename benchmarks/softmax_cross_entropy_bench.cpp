/// @file
/// Benchmarks of softmax cross-entropy: batches of digits' logits, then of a language model's.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/softmax_cross_entropy_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    const bench::Program program{"softmax_cross_entropy", "Softmax cross-entropy", bench::Roof::bytes};
    return bench::run(argc, argv, program, [](bench::Bench& bench) {
        const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t classes) {
            bench.add(
                name, SoftmaxCrossEntropy{nullptr, nullptr, nullptr, nullptr, rows, classes},
                [](const SoftmaxCrossEntropy& p) {
                    return test::softmax_case("benchmark", test::reals(p.rows * p.classes, "logits"),
                                              test::some_labels(p.rows, p.classes));
                },
                [](SoftmaxCrossEntropy& p, bench::Memory& memory) {
                    p.logits = memory.copy(p.logits, p.rows * p.classes);
                    p.labels = memory.copy(p.labels, p.rows);
                    p.loss = memory.zeros(p.rows);
                    p.gradient = memory.zeros(p.rows * p.classes);
                });
        };
        for (const std::int64_t rows : {100, 1000, 10000}) add(fmt::format("rows:{}", rows), rows, 10);
        for (const std::int64_t classes : {64, 1024, 50257})
            add(fmt::format("rows:128/classes:{}", classes), 128, classes);
    });
}
