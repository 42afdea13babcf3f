/// @file
/// Exercise 4 of chapter 13: the way back through one head.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// The gradient of one head's attention, from its shares. All matrices are row-major.
/// @param q      (queries, width)
/// @param k      (keys, width)
/// @param v      (keys, width)
/// @param shares (queries, keys), rows that add up to 1
/// @param d_out  (queries, width), gradient of the loss by the output
/// @param width  of a query, key and value
/// @param scale  factor of the dot products
/// @param dq     receives (queries, width), gradient by the queries
/// @param dk     receives (keys, width), gradient by the keys
/// @param dv     receives (keys, width), gradient by the values
void attention_backward(std::span<const double> q, std::span<const double> k, std::span<const double> v,
                        std::span<const double> shares, std::span<const double> d_out, std::int64_t width,
                        double scale, std::span<double> dq, std::span<double> dk, std::span<double> dv);

}  // namespace kbk::exercise
