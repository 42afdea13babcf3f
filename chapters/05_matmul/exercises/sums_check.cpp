#include <doctest/doctest.h>

#include <cmath>

#include "chapters/05_matmul/exercises/sums.hpp"
#include "chapters/exercise.hpp"

using namespace kbk::exercise;

namespace {

volatile float sink;

float chain(const float* a, const float* b, std::int64_t n) {
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace

TEST_CASE("right for any length") {
    for (const std::int64_t n : {0, 1, 2, 7, 8, 9, 31, 64, 65, 1000}) {
        const auto a = numbers(n, 1), b = numbers(n, 2);
        double expected = 0;
        for (std::int64_t i = 0; i < n; ++i) expected += double(a[std::size_t(i)]) * b[std::size_t(i)];
        CAPTURE(n);
        CHECK(std::fabs(dot(a.data(), b.data(), n) - expected) <= 1e-5 * double(n + 1));
    }
}

TEST_CASE("at least three times as fast as one sum") {
    constexpr std::int64_t n = 2048;  // both arrays fit the first cache
    const auto a = numbers(n, 1), b = numbers(n, 2);
    const auto repeat = [&](float (*function)(const float*, const float*, std::int64_t)) {
        for (int i = 0; i < 200; ++i) sink = function(a.data(), b.data(), n);
    };
    const double found = gain([&] { repeat(chain); }, [&] { repeat(dot); });
    MESSAGE("yours is " << found << " times as fast");
    CHECK(found >= 3);
}
