#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/rotate.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Room;

TEST_CASE("one place to the left") {
    const auto x = numbers(512);
    std::vector<float> expected;
    for (std::size_t i = 0; i < 512; ++i) expected.push_back(x[i / 256 * 256 + (i + 1) % 256]);
    const auto run = [&](float* out) { launch<rotate>(2, 256, 0, out); };
    if (!right<float>(expected, run, x)) return;

    const DeviceArray out("out", x);
    const auto profile = measure([&] { run(out.data()); });
    score("barriers", profile.barriers, 2);
    score("sectors", profile.total(Room::global).sectors, 144);
}
