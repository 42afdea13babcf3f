#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "chapters/exercise.hpp"
#include "common/base/threads.hpp"
#include "kernels/matmul/reference.hpp"
#include "kernels/matmul/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

TEST_CASE("right on sizes that no tile divides, transposed or not") {
    Scratch arena;
    for (const auto& [m, n, k] :
         {std::array<std::int64_t, 3>{1, 1, 1}, {2, 3, 4}, {17, 5, 31}, {33, 65, 7}, {64, 64, 64}, {5, 129, 0}, {9, 31, 300}})
        for (int transposes = 0; transposes < 4; ++transposes) {
            CAPTURE(m);
            CAPTURE(n);
            CAPTURE(k);
            CAPTURE(transposes);
            const auto a = numbers(m * k, 1), b = numbers(k * n, 2);
            std::vector<float> found(std::size_t(m * n), std::nanf("")), expected = found;
            Matmul p{.a = a.data(), .b = b.data(), .c = expected.data(), .m = m, .n = n, .k = k};
            p.transpose_a = transposes & 1, p.transpose_b = transposes & 2;
            reference(p);
            p.c = found.data();
            cpu::mine(p, arena);
            for (std::size_t i = 0; i < found.size(); ++i) {
                CAPTURE(i);
                REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f * float(k + 1));
            }
        }
}

TEST_CASE("parts of larger matrices, with beta times what was there") {
    Scratch arena;
    constexpr std::int64_t m = 13, n = 21, k = 10, lda = 15, ldb = 23, ldc = 25;
    for (const float beta : {0.0f, 1.0f, -0.5f})
        for (int transposes = 0; transposes < 4; ++transposes) {
            CAPTURE(beta);
            CAPTURE(transposes);
            const auto a = numbers(23 * lda, 1), b = numbers(23 * ldb, 2), before = numbers(m * ldc, 3);
            auto found = before, expected = before;
            Matmul p{.a = a.data(), .b = b.data(), .c = expected.data(), .m = m, .n = n, .k = k};
            p.transpose_a = transposes & 1, p.transpose_b = transposes & 2;
            p.lda = lda, p.ldb = ldb, p.ldc = ldc, p.beta = beta;
            reference(p);
            p.c = found.data();
            cpu::mine(p, arena);
            for (std::size_t i = 0; i < found.size(); ++i) {
                CAPTURE(i);
                REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-4f);
                if (std::int64_t(i) % ldc >= n) REQUIRE(found[i] == before[i]);
            }
        }
}

TEST_CASE("at least a third as fast as packed") {
    constexpr std::int64_t n = 192;
    const auto a = numbers(n * n, 1), b = numbers(n * n, 2);
    std::vector<float> c(std::size_t(n * n));
    const Matmul p{.a = a.data(), .b = b.data(), .c = c.data(), .m = n, .n = n, .k = n};
    Scratch arena;
    set_threads(1);
    const double found = gain([&] { cpu::packed(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours has " << 100 * found << " % of the speed of packed");
    CHECK(found >= 1.0 / 3);
}
