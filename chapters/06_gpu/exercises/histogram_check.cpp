#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/histogram.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;

TEST_CASE("each value is counted") {
    for (const int n : {1, 1000, 10000}) {
        CAPTURE(n);
        std::vector<int> value, expected(64);
        for (const float v : numbers(std::size_t(n))) {
            value.push_back(int(v * v * 63.99f));
            ++expected[std::size_t(value.back())];
        }
        const DeviceArray in("value", value);
        const std::vector<int> zeros(64);
        const auto run = [&](int* out) { launch<histogram>(4, 256, 0, in.data(), out, n); };
        if (!right<int>(expected, run, zeros)) return;
        if (n < 10000) continue;

        const DeviceArray out("out", zeros);
        const auto profile = measure([&] { run(out.data()); });
        score("sectors loaded", profile.total("value", Kind::load).sectors, 1250);
        const auto additions = profile.total("out", Kind::atomic).lanes;
        CHECK_MESSAGE(additions > 64, "right, but: one block has counted everything, and three have done nothing");
        score("atomic additions to global memory", additions, 256);
    }
}
