/// @file
/// Exercise 3 of chapter 3: a gradient that needs no derivation.
#pragma once

#include <functional>
#include <vector>

namespace kbk::exercise {

/// A gradient by central differences, right to seven digits or more for smooth functions.
/// @param f any function of some numbers
/// @param x where
/// @return (x.size()), derivative of f by each number
std::vector<double> differences(const std::function<double(const std::vector<double>&)>& f,
                                std::vector<double> x);

}  // namespace kbk::exercise
