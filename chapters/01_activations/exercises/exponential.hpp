/// @file
/// Exercise 4 of chapter 1: an exponential from nothing but additions and multiplications.
#pragma once

namespace kbk::exercise {

/// The exponential, without a call of std::exp or its relatives. std::nearbyint and std::ldexp (y times 2^n)
/// are allowed.
/// @param x any number
/// @return e^x, off by at most two units in the last place; infinity and 0 where float has no room for it
float exponential(float x);

}  // namespace kbk::exercise
