/// @file
/// Exercise 1 of chapter 13: a table, looked up softly.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// Look a query up among keys, and mix their values by their shares.
/// @param query  (width)
/// @param keys   (entries, width), row-major
/// @param values (entries)
/// @param scale  factor of the dot products
/// @param shares receives (entries) softmax of the scaled dot products. Scores by the thousand must not
/// overflow
/// @return the values, mixed by their shares
double lookup(std::span<const double> query, std::span<const double> keys, std::span<const double> values,
              double scale, std::span<double> shares);

}  // namespace kbk::exercise
