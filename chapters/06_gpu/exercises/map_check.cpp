#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/map.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Room;

TEST_CASE("each number and 10") {
    const auto x = numbers(256);
    const DeviceArray in("x", x);
    std::vector<float> expected;
    for (const float v : x) expected.push_back(v + 10);
    const auto run = [&](float* out) { launch<map>(1, 256, 0, in.data(), out); };
    if (!right<float>(expected, run)) return;

    const DeviceArray<float> out("out", 256);
    score("sectors", measure([&] { run(out.data()); }).total(Room::global).sectors, 64);
}
