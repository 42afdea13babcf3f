#include <doctest/doctest.h>

#include "chapters/05_matmul/cache.hpp"
#include "chapters/05_matmul/exercises/count_misses.hpp"

using namespace kbk;

TEST_CASE("as the counting cache says") {
    struct Setting {
        std::int64_t n, lines, floats;
    };
    for (const auto& [n, lines, floats] : {Setting{48, 32, 16}, {40, 24, 8}, {64, 40, 16}, {36, 30, 4}})
        for (const char* order : {"ikj", "ijk", "jik", "kij", "jki", "kji"}) {
            lesson::Cache cache(lines, lines, 4 * floats);
            lesson::walk(order, n, n, [&](std::int64_t address) { cache.touch(address); });
            CAPTURE(order);
            CAPTURE(n);
            CAPTURE(floats);
            CHECK(exercise::misses(order, n, floats) == cache.misses());
        }
}
