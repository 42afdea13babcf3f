#include <doctest/doctest.h>

#include "chapters/06_gpu/exercises/dot.cuh"
#include "chapters/06_gpu/exercises/puzzle.hpp"

using namespace kbk::puzzle;
using kbk::cuda::launch;
using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Room;

TEST_CASE("a dot product") {
    for (const int n : {1, 255, 1024, 10000}) {
        CAPTURE(n);
        const auto x = numbers(std::size_t(n), 1), y = numbers(std::size_t(n), 2);
        const DeviceArray in_x("x", x), in_y("y", y);
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += double(x[i]) * y[i];
        const auto run = [&](float* out) { launch<dot>(4, 256, 0, in_x.data(), in_y.data(), out, n); };
        if (!right<float>({float(sum)}, run, {0.0f}, 1e-3)) return;
        if (n < 10000) continue;

        const DeviceArray out("out", std::vector<float>{0});
        const auto profile = measure([&] { run(out.data()); });
        score("sectors loaded", profile.total(Room::global, Kind::load).sectors, 2500);
        const auto additions = profile.total("out", Kind::atomic).lanes;
        CHECK_MESSAGE(additions >= 4, "right, but: only ", additions, " of the four blocks add something");
        score("atomic additions", additions, 4);
        score("barriers", profile.barriers, 4);
    }
}
