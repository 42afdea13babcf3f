/// @file
/// Benchmarks of convolution and its gradients, on the layers of D0's network at batch 64, and on a layer of a large one.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/conv2d_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(argc, argv, {"conv2d", "Convolution and its gradients", bench::Roof::flops}, [](bench::Bench& bench) {
        // The first stands for the ladders: most of the network's work lies in it. The last is for --quick.
        const Conv2dShape shapes[] = {{64, 32, {15, 15}, 64, {3, 3}},
                                      {64, 3, {32, 32}, 32, {3, 3}},
                                      {64, 64, {6, 6}, 64, {3, 3}},
                                      {32, 64, {56, 56}, 64, {3, 3}, {1, 1}, {1, 1}},
                                      {4, 8, {10, 10}, 16, {3, 3}}};
        for (const Conv2dShape& s : shapes) {
            // Reals, with the tolerance of Winograd's transforms.
            bench.add(
                text(s), Conv2dForward{nullptr, nullptr, nullptr, nullptr, s},
                [](const Conv2dForward& p) { return test::conv2d_case(p.shape, test::Kind::reals, false, 16); },
                [](Conv2dForward& p, bench::Memory& memory) {
                    p.x = memory.copy(p.x, p.shape.x_size());
                    p.weight = memory.copy(p.weight, p.shape.weight_size());
                    p.y = memory.zeros(p.shape.y_size());
                });
            // Integers, whose sums are exact: those of many reals stray by more than a test accepts.
            bench.add(
                text(s), Conv2dInputGradient{nullptr, nullptr, nullptr, s},
                [](const Conv2dInputGradient& p) {
                    return test::conv2d_input_gradient_case(p.shape, test::Kind::integers);
                },
                [](Conv2dInputGradient& p, bench::Memory& memory) {
                    p.dy = memory.copy(p.dy, p.shape.y_size());
                    p.weight = memory.copy(p.weight, p.shape.weight_size());
                    p.dx = memory.zeros(p.shape.x_size());
                });
            bench.add(
                text(s), Conv2dWeightGradient{nullptr, nullptr, nullptr, nullptr, s},
                [](const Conv2dWeightGradient& p) {
                    return test::conv2d_weight_gradient_case(p.shape, test::Kind::integers, 0, false);
                },
                [](Conv2dWeightGradient& p, bench::Memory& memory) {
                    p.x = memory.copy(p.x, p.shape.x_size());
                    p.dy = memory.copy(p.dy, p.shape.y_size());
                    p.dweight = memory.zeros(p.shape.weight_size());
                });
        }
    });
}
