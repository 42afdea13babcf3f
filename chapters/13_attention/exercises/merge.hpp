/// @file
/// Exercise 3 of chapter 13: two halves of a context, seen apart, become one result.
#pragma once

#include <vector>

namespace kbk::exercise {

/// What a query has found among some of the keys.
struct Partial {
    double largest;  ///< the largest of their scores; minus infinity for no keys at all
    double sum;      ///< of exp(score - largest)
    std::vector<double>
        mix;  ///< (width) sum of exp(score - largest) times the value, not divided by anything
};

/// Join what was found among two disjoint sets of keys.
/// @param a,b of one query, with mixes of the same width; either, or both, may be of no keys
/// @return what would have been found among all of them at once
Partial merge(const Partial& a, const Partial& b);

}  // namespace kbk::exercise
