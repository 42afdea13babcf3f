#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/tree.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("sums of 256") {
    const auto x = numbers(1024);
    const DeviceArray in("x", x);
    std::vector<float> expected;
    for (std::size_t block = 0; block < 4; ++block) {
        double sum = 0;
        for (std::size_t i = 0; i < 256; ++i) sum += x[256 * block + i];
        expected.push_back(float(sum));
    }
    const auto run = [&](float* out) { launch<tree>(4, 256, 0, in.data(), out); };
    if (!right<float>(expected, run, {}, 1e-4)) return;

    const DeviceArray<float> out("out", 4);
    const auto profile = measure([&] { run(out.data()); });
    // One thread that adds all numbers needs no barrier, and a sector for each number.
    score("sectors loaded", profile.total("x", Kind::load).sectors, 128);
    score("barriers", profile.barriers, 36);
    score("wavefronts of shared memory", profile.total(Room::shared).wavefronts, 180);
}
