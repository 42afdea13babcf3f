#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/transpose.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Room;

TEST_CASE("rows become columns") {
    const int rows = 64, columns = 96;
    const auto x = numbers(rows * columns);
    const DeviceArray in("x", x);
    std::vector<float> expected;
    for (int j = 0; j < columns; ++j)
        for (int i = 0; i < rows; ++i) expected.push_back(x[std::size_t(i * columns + j)]);
    const auto run = [&](float* out) {
        launch<transpose>(dim3(columns / 32, rows / 32), dim3(32, 8), 0, in.data(), out, rows, columns);
    };
    if (!right<float>(expected, run)) return;

    const DeviceArray<float> out("out", rows * columns);
    const auto profile = measure([&] { run(out.data()); });
    score("sectors", profile.total(Room::global).sectors, 1536);
    score("wavefronts of shared memory", profile.total(Room::shared).wavefronts, 384);
}
