#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/guard.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Room;

TEST_CASE("as many as there are, and no more") {
    for (const int n : {1, 127, 128, 129, 1000}) {
        CAPTURE(n);
        const auto x = numbers(std::size_t(n));
        const DeviceArray in("x", x);
        std::vector<float> expected;
        for (const float v : x) expected.push_back(v + 10);
        const auto run = [&](float* out) { launch<guard>((n + 127) / 128, 128, 0, in.data(), out, n); };
        if (!right<float>(expected, run)) return;
        if (n < 1000) continue;

        const DeviceArray<float> out("out", std::size_t(n));
        score("sectors", measure([&] { run(out.data()); }).total(Room::global).sectors, 250);
    }
}
