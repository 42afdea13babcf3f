/// @file
/// Exercise 4 of chapter 3: the heart of automatic differentiation, the sweep back over a tape.
#pragma once

#include <array>
#include <vector>

namespace kbk::exercise {

/// One operation on a tape.
struct Entry {
    std::array<int, 2> from;      ///< places of what it was made from; -1: nothing there
    std::array<double, 2> slope;  ///< its derivatives by them alone
};

/// Derivatives of the last entry by every entry.
/// @param tape operations in the order in which they were computed: each only uses earlier ones
/// @return (tape.size())
std::vector<double> sweep(const std::vector<Entry>& tape);

}  // namespace kbk::exercise
