/// @file
/// Exercise 4 of chapter 5: keep both units busy.
#pragma once

#include <cstdint>

namespace kbk::exercise {

/// @param a (n)
/// @param b (n)
/// @param n at least 0
/// @return the sum of a[i] b[i]
float dot(const float* a, const float* b, std::int64_t n);

}  // namespace kbk::exercise
