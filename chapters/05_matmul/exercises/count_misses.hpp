/// @file
/// Exercise 2 of chapter 5: foretell what a cache will miss.
#pragma once

#include <cstdint>
#include <string_view>

namespace kbk::exercise {

/// Misses of C = A B with n x n matrices, before a cache that holds a few rows, but neither a matrix nor the lines
/// of a column. What the inner loop does not move is touched once before it.
/// @param order  "ijk", "jik", "ikj", "kij", "jki" or "kji", from the outer loop to the inner one
/// @param n      a multiple of `floats`
/// @param floats in a line of the cache
/// @return how many lines are fetched
std::int64_t misses(std::string_view order, std::int64_t n, std::int64_t floats);

}  // namespace kbk::exercise
