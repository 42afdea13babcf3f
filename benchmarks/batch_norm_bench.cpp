/// @file
/// Benchmarks of batch normalisation and its gradients, on a batch of 64 images of 32 channels.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/batch_norm_cases.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    return bench::run(
        argc, argv, {"batch_norm", "Batch normalisation and its gradients", bench::Roof::bytes}, [](bench::Bench& bench) {
            for (const std::int64_t side : {4, 8, 16, 32}) {
                const test::NormSize s{64, 32, side * side};
                BatchNorm forward{};
                forward.batch = s.batch, forward.channels = s.channels, forward.pixels = s.pixels;
                bench.add(
                    fmt::format("side:{}", side), forward,
                    [s](const BatchNorm&) { return test::batch_norm_case(s, test::reals(s.values(), "x"), false); },
                    [s](BatchNorm& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, s.values());
                        p.scale = memory.copy(p.scale, s.channels);
                        p.shift = memory.copy(p.shift, s.channels);
                        p.y = memory.zeros(s.values());
                        p.mean = memory.zeros(s.channels);
                        p.inverse_deviation = memory.zeros(s.channels);
                    });
                BatchNormBackward backward{};
                backward.batch = s.batch, backward.channels = s.channels, backward.pixels = s.pixels;
                bench.add(
                    fmt::format("side:{}", side), backward,
                    [s](const BatchNormBackward&) { return test::batch_norm_backward_case(s, 0); },
                    [s](BatchNormBackward& p, bench::Memory& memory) {
                        p.x = memory.copy(p.x, s.values());
                        p.dy = memory.copy(p.dy, s.values());
                        p.scale = memory.copy(p.scale, s.channels);
                        p.mean = memory.copy(p.mean, s.channels);
                        p.inverse_deviation = memory.copy(p.inverse_deviation, s.channels);
                        p.dx = memory.zeros(s.values());
                        p.dscale = memory.zeros(s.channels);
                        p.dshift = memory.zeros(s.channels);
                    });
            }
        });
}
