#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "common/base/philox.hpp"
#include "kernels/layernorm/reference.hpp"
#include "kernels/layernorm/rungs.hpp"

using namespace kbk;

namespace {

std::vector<float> numbers(std::int64_t count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(3, stream).fill_uniform(values, -1, 1.5f);
    return values;
}

double seconds(LayerNormRung* rung, const LayerNormForward& p, Scratch& arena) {
    const auto start = std::chrono::steady_clock::now();
    rung(p, arena);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("right on rows of any length, with and without a branch") {
    Scratch arena;
    for (const std::int64_t columns : {1, 2, 7, 16, 31, 64, 129})
        for (const bool branch : {false, true}) {
            CAPTURE(columns);
            const std::int64_t rows = 5;
            const auto x = numbers(rows * columns, 1), gamma = numbers(columns, 2),
                       beta = numbers(columns, 3), added = numbers(rows * columns, 4);
            std::vector<float> found(x.size(), std::nanf("")), expected = found, sum = found, mean(5),
                                                               rstd(5), mean2(5), rstd2(5);
            LayerNormForward p{.x = x.data(),
                               .gamma = gamma.data(),
                               .beta = beta.data(),
                               .y = expected.data(),
                               .mean = mean.data(),
                               .rstd = rstd.data(),
                               .rows = rows,
                               .columns = columns};
            if (branch) p.branch = added.data(), p.sum = sum.data();
            reference(p);
            p.y = found.data(), p.mean = mean2.data(), p.rstd = rstd2.data();
            cpu::mine(p, arena);
            for (std::size_t i = 0; i < found.size(); ++i)
                REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-4f);
            for (std::size_t i = 0; i < 5; ++i) {
                REQUIRE(std::fabs(mean2[i] - mean[i]) <= 1e-5f);
                REQUIRE(std::fabs(rstd2[i] - rstd[i]) <= 1e-4f * rstd[i]);
            }
        }
}

TEST_CASE("at least twice as fast as the naive rung") {
    const std::int64_t rows = 4096, columns = 128;
    const auto x = numbers(rows * columns, 1), gamma = numbers(columns, 2), beta = numbers(columns, 3);
    std::vector<float> y(x.size());
    const LayerNormForward p{.x = x.data(),
                             .gamma = gamma.data(),
                             .beta = beta.data(),
                             .y = y.data(),
                             .mean = nullptr,
                             .rstd = nullptr,
                             .rows = rows,
                             .columns = columns};
    Scratch arena;

    // Compare the best of alternating runs, so that a busy machine does not decide.
    double naive = 1e9, mine = 1e9;
    for (int i = 0; i < 9; ++i) {
        naive = std::min(naive, seconds(cpu::naive, p, arena));
        mine = std::min(mine, seconds(cpu::mine, p, arena));
    }
    MESSAGE("yours is " << naive / mine << " times as fast as naive");
    CHECK(naive / mine >= 2);
}
