/// @file
/// Exercise 5 of chapter 5: blocks that stay in the cache.
#pragma once

#include "chapters/05_matmul/exercises/watched.hpp"

namespace kbk::exercise {

/// Compute C = A B block by block.
/// @param a (n, n), n of any size
/// @param b (n, n)
/// @param c (n, n), zeros at first
void multiply_in_blocks(Watched& a, Watched& b, Watched& c);

}  // namespace kbk::exercise
