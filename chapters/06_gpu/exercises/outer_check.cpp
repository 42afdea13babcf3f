#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/outer.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Room;

TEST_CASE("a table of sums") {
    const int rows = 40, columns = 72;
    const auto row = numbers(rows, 1), column = numbers(columns, 2);
    const DeviceArray in_row("row", row), in_column("column", column);
    std::vector<float> expected;
    for (const float r : row)
        for (const float c : column) expected.push_back(r + c);
    const auto run = [&](float* out) {
        launch<outer>(dim3((columns + 31) / 32, (rows + 7) / 8), dim3(32, 8), 0, in_row.data(),
                      in_column.data(), out, rows, columns);
    };
    if (!right<float>(expected, run)) return;

    const DeviceArray<float> out("out", rows * columns);
    score("sectors", measure([&] { run(out.data()); }).total(Room::global).sectors, 840);
}
