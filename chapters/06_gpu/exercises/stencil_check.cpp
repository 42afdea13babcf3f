#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/stencil.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("three neighbours") {
    for (const int n : {1, 2, 128, 129, 1000}) {
        CAPTURE(n);
        const auto x = numbers(std::size_t(n));
        const DeviceArray in("x", x);
        std::vector<float> expected;
        for (int i = 0; i < n; ++i) {
            const auto at = [&](int j) { return j >= 0 && j < n ? x[std::size_t(j)] : 0.0f; };
            expected.push_back(at(i - 1) + at(i) + at(i + 1));
        }
        const auto run = [&](float* out) {
            launch<stencil>((n + 127) / 128, stencil_block, 0, in.data(), out, n);
        };
        if (!right<float>(expected, run, {}, 1e-6)) return;
        if (n < 1000) continue;

        const DeviceArray<float> out("out", std::size_t(n));
        // All of global memory, so that sums which are built up in out count as well.
        score("sectors loaded", measure([&] { run(out.data()); }).total(Room::global, Kind::load).sectors, 139);
    }
}
