/// @file
/// Benchmarks of pooling by windows of 2 x 2 and its gradient, on a batch of 64 images of 32 channels.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/pool2d_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"pool2d", "Max pooling and its gradient", bench::Roof::bytes}, [](bench::Bench& bench) {
            for (const std::int64_t side : {4, 13, 30, 56}) {
                const Pool2dShape s{64 * 32, side, side, 2, 2, 2, 2};
                bench.add(
                    fmt::format("side:{}", side), Pool2dForward{Pooling::max, nullptr, nullptr, s},
                    [](const Pool2dForward& p) {
                        return test::pool2d_case(p.shape, p.kind, test::reals(p.shape.x_size(), "x"));
                    },
                    [](Pool2dForward& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, p.shape.x_size());
                        p.y = memory.zeros(p.shape.y_size());
                    });
                bench.add(
                    fmt::format("side:{}", side), Pool2dBackward{Pooling::max, nullptr, nullptr, nullptr, s},
                    [](const Pool2dBackward& p) {
                        return test::pool2d_backward_case(p.shape, p.kind, test::reals(p.shape.x_size(), "x"),
                                                          test::reals(p.shape.y_size(), "dy"));
                    },
                    [](Pool2dBackward& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, p.shape.x_size());
                        p.dy = memory.copy(p.dy, p.shape.y_size());
                        p.dx = memory.zeros(p.shape.x_size());
                    });
            }
        });
}
