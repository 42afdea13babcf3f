#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "chapters/06_gpu/exercises/puzzle.hpp"
#include "chapters/06_gpu/exercises/softmax.cuh"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("probabilities of each row") {
    for (const auto& [rows, columns] : {std::pair{1, 1}, {2, 127}, {3, 512}, {8, 304}}) {
        CAPTURE(rows);
        CAPTURE(columns);
        // Logits of up to 200: their exponentials overflow unless the largest is subtracted.
        auto x = numbers(std::size_t(rows * columns));
        for (float& v : x) v *= 200;
        const DeviceArray in("x", x);
        std::vector<float> expected;
        for (int i = 0; i < rows; ++i) {
            const auto row = x.begin() + i * columns;
            const double largest = *std::max_element(row, row + columns);
            double sum = 0;
            for (int j = 0; j < columns; ++j) sum += std::exp(row[j] - largest);
            for (int j = 0; j < columns; ++j) expected.push_back(float(std::exp(row[j] - largest) / sum));
        }
        const auto run = [&, r = rows, c = columns](float* out) {
            launch<softmax>(r, 128, 0, in.data(), out, c);
        };
        if (!right<float>(expected, run, {}, 1e-5)) return;
        if (rows < 8) continue;

        const DeviceArray<float> out("out", std::size_t(rows * columns));
        const auto profile = measure([&] { run(out.data()); });
        // All of global memory: a row that is parked in out is read again, too.
        score("sectors loaded", profile.total(Room::global, Kind::load).sectors, 304);
        // A tree in shared memory needs some hundred wavefronts a row; a thread that adds alone, hundreds more.
        score("wavefronts of shared memory", profile.total(Room::shared).wavefronts, 320, 1300);
    }
}
