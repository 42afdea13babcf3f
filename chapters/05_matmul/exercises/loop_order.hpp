/// @file
/// Exercise 1 of chapter 5: three loops in an order that a cache likes.
#pragma once

#include "chapters/05_matmul/exercises/watched.hpp"

namespace kbk::exercise {

/// Compute C = A B.
/// @param a (n, n)
/// @param b (n, n)
/// @param c (n, n), zeros at first
void multiply(Watched& a, Watched& b, Watched& c);

}  // namespace kbk::exercise
