/// @file
/// Exercise 6 of chapter 5: copy a matrix into the order in which it will be read.
#pragma once

#include <cstdint>

namespace kbk::exercise {

/// Copy B into panels of 8 columns, one after the other. In a panel, row follows row: element (l, j) of B becomes
/// element 8 l + j % 8 of panel j / 8. The columns that the last panel lacks are zeros.
/// @param b          first element of B; it is read as op(B) of shape (k, n)
/// @param b_row      elements from one stored row to the next
/// @param transposed whether B is stored transposed: (n, k)
/// @param k          rows of op(B)
/// @param n          columns of op(B)
/// @param panels     receives k times n, rounded up to a multiple of 8, elements
void pack_panels(const float* b, std::int64_t b_row, bool transposed, std::int64_t k, std::int64_t n, float* panels);

}  // namespace kbk::exercise
