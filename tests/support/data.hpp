/// @file
/// Numbers to test with: the same on every machine, of both signs, without symmetry.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace kbk::test {

/// Small integers, so that sums of products are exact in any order and any precision: compare them for equality.
/// @param count how many
/// @param name  a name for the numbers: other names give other numbers
/// @param limit largest magnitude
/// @return integers in [-limit, limit]
std::vector<float> integers(std::int64_t count, std::string_view name, int limit = 4);

/// Real numbers of both signs with a mean that is not zero, so that a lost sign or a wrong element shows.
/// @param count how many
/// @param name  a name for the numbers: other names give other numbers
/// @return uniform numbers in [-1, 1.5)
std::vector<float> reals(std::int64_t count, std::string_view name);

}  // namespace kbk::test
