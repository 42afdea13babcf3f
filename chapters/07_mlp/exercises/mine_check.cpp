#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "kernels/matmul/reference.hpp"
#include "kernels/matmul/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

TEST_CASE("right on sizes that no tile divides") {
    Scratch arena;
    for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{1, 1, 1}, {2, 3, 4}, {17, 5, 31}, {33, 65, 7}, {64, 64, 64},
                                  {5, 129, 0}}) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        const auto a = numbers(m * k, 1), b = numbers(k * n, 2);
        std::vector<float> found(std::size_t(m * n), std::nanf("")), expected = found;
        Matmul p{.a = a.data(), .b = b.data(), .c = expected.data(), .m = m, .n = n, .k = k};
        reference(p);
        p.c = found.data();
        cpu::mine(p, arena);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(i);
            REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f * float(k + 1));
        }
    }
}

TEST_CASE("at least three times as fast as the naive rung") {
    constexpr std::int64_t n = 256;
    const auto a = numbers(n * n, 1), b = numbers(n * n, 2);
    std::vector<float> c(std::size_t(n * n));
    const Matmul p{.a = a.data(), .b = b.data(), .c = c.data(), .m = n, .n = n, .k = n};
    Scratch arena;
    auto expected = c;
    Matmul q = p;
    q.c = expected.data();
    reference(q);
    cpu::mine(p, arena);
    for (std::size_t i = 0; i < c.size(); ++i) REQUIRE(std::fabs(c[i] - expected[i]) <= 1e-5f * float(n + 1));
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 3);
}
