#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "kernels/bias/reference.hpp"
#include "kernels/bias/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

TEST_CASE("right on sizes that no vector divides") {
    Scratch arena;
    for (const auto& [rows, columns] :
         {std::array<std::int64_t, 2>{1, 1}, {2, 3}, {17, 5}, {33, 65}, {0, 4}, {100, 31}})
        for (const float beta : {0.0f, 1.0f, 0.5f}) {
            CAPTURE(rows);
            CAPTURE(columns);
            CAPTURE(beta);
            const auto dy = numbers(rows * columns, 1);
            auto expected = numbers(columns, 2), found = expected;
            if (beta == 0) std::fill(found.begin(), found.end(), std::nanf(""));
            BiasGradient p{dy.data(), expected.data(), rows, columns, beta};
            reference(p);
            p.gradient = found.data();
            cpu::mine(p, arena);
            for (std::size_t i = 0; i < found.size(); ++i) {
                CAPTURE(i);
                REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-6f * float(rows + 2));
            }
        }
}

TEST_CASE("at least three times as fast as the naive rung") {
    constexpr std::int64_t n = 1024;
    const auto dy = numbers(n * n, 1);
    std::vector<float> sums(n);
    const BiasGradient p{dy.data(), sums.data(), n, n, 0};
    Scratch arena;
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 3);
}
