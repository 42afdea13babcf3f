#include <doctest/doctest.h>

#include <utility>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/warp_sum.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("sums of rows") {
    for (const auto& [rows, columns] : {std::pair{1, 1}, {3, 33}, {5, 31}, {20, 104}}) {
        CAPTURE(rows);
        CAPTURE(columns);
        const auto x = numbers(std::size_t(rows * columns));
        const DeviceArray in("x", x);
        std::vector<float> expected;
        for (int i = 0; i < rows; ++i) {
            double sum = 0;
            for (int j = 0; j < columns; ++j) sum += x[std::size_t(i * columns + j)];
            expected.push_back(float(sum));
        }
        const auto run = [&, r = rows, c = columns](float* out) {
            launch<warp_sum>((r + 3) / 4, 128, 0, in.data(), out, r, c);
        };
        if (!right<float>(expected, run, {}, 1e-5)) return;
        if (rows < 20) continue;

        const DeviceArray<float> out("out", std::size_t(rows));
        const auto profile = measure([&] { run(out.data()); });
        score("sectors loaded", profile.total("x", Kind::load).sectors, 260);
        score("barriers", profile.barriers, 0);
        score("wavefronts of shared memory", profile.total(Room::shared).wavefronts, 0);
    }
}
