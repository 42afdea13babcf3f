#include <doctest/doctest.h>

#include "chapters/05_matmul/cache.hpp"
#include "chapters/05_matmul/exercises/column_lines.hpp"

using namespace kbk;

namespace {

// Whether a second walk down the column misses nothing.
bool stays(std::int64_t bytes, std::int64_t ways, std::int64_t row, std::int64_t lines) {
    lesson::Cache cache(bytes / 64, ways, 64);
    std::int64_t before = 0;
    for (int pass = 0; pass < 2; ++pass) {
        before = cache.misses();
        for (std::int64_t i = 0; i < lines; ++i) cache.touch(i * row);
    }
    return cache.misses() == before;
}

}  // namespace

TEST_CASE("the whole cache where rows are an odd number of lines apart") {
    CHECK(exercise::column_lines(32 * 1024, 8, 64) == 512);
    CHECK(exercise::column_lines(32 * 1024, 8, 64 * 17) == 512);
}

TEST_CASE("next to nothing where they are a power of two apart") {
    CHECK(exercise::column_lines(32 * 1024, 8, 4096) == 8);
}

TEST_CASE("as the counting cache says") {
    for (const std::int64_t ways : {1, 4, 8})
        for (const std::int64_t row : {64, 128, 192, 320, 512, 1280, 2048, 4096, 4160, 6144}) {
            constexpr std::int64_t bytes = 16 * 1024;
            const std::int64_t lines = exercise::column_lines(bytes, ways, row);
            CAPTURE(ways);
            CAPTURE(row);
            CAPTURE(lines);
            CHECK(stays(bytes, ways, row, lines));
            CHECK(!stays(bytes, ways, row, lines + 1));
        }
}
