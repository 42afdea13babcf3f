/// @file
/// What the checks of watched products share.
#pragma once

#include <doctest/doctest.h>

#include "chapters/05_matmul/exercises/watched.hpp"

namespace kbk::exercise {

/// Run a product of small integers before a cache of 32 lines of 16 floats, and require that it is right.
/// @param n        rows and columns
/// @param multiply computes C = A B
/// @return the misses
template <class Multiply>
std::int64_t misses_of_product(std::int64_t n, const Multiply& multiply) {
    lesson::Cache cache(32, 32, 64);
    const std::int64_t room = (4 * n * n + 63) / 64 * 64;  // each matrix begins a line
    Watched a(n, 0, cache), b(n, room, cache), c(n, 2 * room, cache);
    std::vector<float> expected(std::size_t(n * n));
    for (std::int64_t i = 0; i < n * n; ++i) {
        a.values()[std::size_t(i)] = float(i * 7 % 11) - 4;
        b.values()[std::size_t(i)] = float(i * 5 % 13) - 7;
    }
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j)
            for (std::int64_t l = 0; l < n; ++l)
                expected[std::size_t(i * n + j)] += a.values()[std::size_t(i * n + l)] * b.values()[std::size_t(l * n + j)];
    multiply(a, b, c);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(n);
        CAPTURE(i);
        REQUIRE(c.values()[i] == expected[i]);
    }
    return cache.misses();
}

}  // namespace kbk::exercise
