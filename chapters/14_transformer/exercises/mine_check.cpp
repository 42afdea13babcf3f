#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "kernels/layernorm/reference.hpp"
#include "kernels/layernorm/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

TEST_CASE("right on rows of any length, with and without a branch") {
    Scratch arena;
    for (const std::int64_t columns : {1, 2, 7, 16, 31, 64, 129})
        for (const bool branch : {false, true}) {
            CAPTURE(columns);
            const std::int64_t rows = 5;
            const auto x = numbers(rows * columns, 1), gamma = numbers(columns, 2),
                       beta = numbers(columns, 3), added = numbers(rows * columns, 4);
            std::vector<float> found(x.size(), std::nanf("")), expected = found, sum = found, sum2 = found,
                                                               mean(5), rstd(5), mean2(5), rstd2(5);
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
            if (branch) p.sum = sum2.data();
            cpu::mine(p, arena);
            for (std::size_t i = 0; i < found.size(); ++i)
                REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-4f);
            for (std::size_t i = 0; i < sum.size() && branch; ++i) REQUIRE(sum2[i] == sum[i]);
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
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 2);
}
