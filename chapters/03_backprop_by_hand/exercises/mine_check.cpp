#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "common/base/philox.hpp"
#include "kernels/bias/reference.hpp"
#include "kernels/bias/rungs.hpp"

using namespace kbk;

namespace {

std::vector<float> numbers(std::int64_t count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(3, stream).fill_uniform(values, -1, 1.5f);
    return values;
}

double seconds(BiasGradientRung* rung, const BiasGradient& p, Scratch& arena) {
    const auto start = std::chrono::steady_clock::now();
    rung(p, arena);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

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

    // Compare the best of alternating runs, so that a busy machine does not decide.
    double naive = 1e9, mine = 1e9;
    for (int i = 0; i < 9; ++i) {
        naive = std::min(naive, seconds(cpu::naive, p, arena));
        mine = std::min(mine, seconds(cpu::mine, p, arena));
    }
    MESSAGE("yours is " << naive / mine << " times as fast as naive");
    CHECK(naive / mine >= 3);
}
