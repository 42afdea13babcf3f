/// @file
/// Whether two results are equal enough. Every doubt counts as "no": a NaN, a missing element, a value never written.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/ladder/ladder.hpp"

namespace kbk::test {

/// Compare a result with what was expected, element by element.
///
/// Where an element of `expected` is a NaN, the result must have a NaN there too; where it is `poison`, the result must
/// still hold the poison, bit for bit: nobody may write there.
/// @param actual    the result
/// @param expected  what it should be
/// @param tolerance largest accepted error of each element; empty: every element must be equal
/// @return empty when all elements are close; else how many are not, and index, both values and tolerance of the worst
std::string find_difference(std::span<const float> actual, std::span<const float> expected,
                     std::span<const double> tolerance = {});

/// Fail the running test case unless two results are close.
/// @copydetails find_difference
void require_close(std::span<const float> actual, std::span<const float> expected,
                   std::span<const double> tolerance = {});

/// @copydoc require_close
/// @param same one tolerance for all elements
void require_close(std::span<const float> actual, std::span<const float> expected, double same);

/// @param actual   a result
/// @param expected another
/// @return empty when they are equal bit by bit; else the first place where they are not
std::string find_bit_difference(std::span<const float> actual, std::span<const float> expected);

/// @param precision the arithmetic of a rung
/// @return its unit roundoff: half the distance from 1 to the next number
double unit_roundoff(Precision precision);

}  // namespace kbk::test
