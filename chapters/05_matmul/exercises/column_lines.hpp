/// @file
/// Exercise 3 of chapter 5: how much of a column a cache with sets can hold.
#pragma once

#include <cstdint>

namespace kbk::exercise {

/// The longest column of which a cache holds all lines, when it is walked down again and again.
/// @param bytes of the cache, in lines of 64 bytes
/// @param ways  lines of a set; bytes / 64 / ways is a power of two
/// @param row   bytes from one row to the next, a multiple of 64
/// @return lines
std::int64_t column_lines(std::int64_t bytes, std::int64_t ways, std::int64_t row);

}  // namespace kbk::exercise
