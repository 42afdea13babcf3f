#include <doctest/doctest.h>

#include <tuple>

#include "chapters/06_gpu/exercises/matmul.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("the product of two matrices") {
    for (const auto& [m, n, k] : {std::tuple{1, 1, 1}, {17, 5, 31}, {16, 33, 16}, {40, 72, 56}}) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        const auto a = numbers(std::size_t(m * k), 1), b = numbers(std::size_t(k * n), 2);
        const DeviceArray in_a("a", a), in_b("b", b);
        std::vector<float> expected;
        for (int i = 0; i < m; ++i)
            for (int j = 0; j < n; ++j) {
                double sum = 0;
                for (int l = 0; l < k; ++l)
                    sum += double(a[std::size_t(i * k + l)]) * b[std::size_t(l * n + j)];
                expected.push_back(float(sum));
            }
        const auto run = [&, rows = m, columns = n, inner = k](float* out) {
            launch<matmul>(dim3((columns + 15) / 16, (rows + 15) / 16), dim3(16, 16), 0, in_a.data(),
                           in_b.data(), out, rows, columns, inner);
        };
        if (!right<float>(expected, run, {}, 1e-4)) return;
        if (m < 40) continue;

        const DeviceArray<float> out("out", std::size_t(m * n));
        const auto profile = measure([&] { run(out.data()); });
        score("sectors loaded", profile.total(Room::global, Kind::load).sectors, 2912);
        score("barriers", profile.barriers, 120);
    }
}
