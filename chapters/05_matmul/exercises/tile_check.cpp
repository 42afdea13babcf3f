#include <doctest/doctest.h>

#include <cmath>

#include "chapters/05_matmul/exercises/tile.hpp"
#include "chapters/exercise.hpp"

using namespace kbk::exercise;

namespace {

// One dot product for each element of the tile.
void dots(std::int64_t k, const float* a, const float* b, float* c, std::int64_t c_row) {
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 16; ++j) {
            float sum = 0;
            for (std::int64_t l = 0; l < k; ++l) sum += a[4 * l + i] * b[16 * l + j];
            c[i * c_row + j] += sum;
        }
}

}  // namespace

TEST_CASE("right for any number of steps, and nothing beside the tile") {
    constexpr std::int64_t row = 19;
    for (const std::int64_t k : {0, 1, 2, 3, 17, 64, 255}) {
        const auto a = numbers(4 * k, 1), b = numbers(16 * k, 2), before = numbers(4 * row, 3);
        auto found = before, expected = before;
        add_tile(k, a.data(), b.data(), found.data(), row);
        dots(k, a.data(), b.data(), expected.data(), row);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(k);
            CAPTURE(i);
            REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f * float(k + 1));
            if (i % row >= 16) REQUIRE(found[i] == before[i]);
        }
    }
}

TEST_CASE("at least six times as fast as a dot product for each element") {
    constexpr std::int64_t k = 256;
    const auto a = numbers(4 * k, 1), b = numbers(16 * k, 2);
    std::vector<float> c(4 * 16);
    const auto repeat = [&](auto* function) {
        for (int i = 0; i < 50; ++i) function(k, a.data(), b.data(), c.data(), 16);
    };
    const double found = gain([&] { repeat(dots); }, [&] { repeat(add_tile); });
    MESSAGE("yours is " << found << " times as fast");
    CHECK(found >= 6);
}
