/// @file
/// Exercise 2 of chapter 3: the errors of a hidden layer, from those of the layer behind it.
#pragma once

#include <vector>

namespace kbk::exercise {

/// Carry errors back through one layer's weights and the bend before it, a ReLU.
/// @param weight (outputs, units): weight[i][j] leads from unit j to output i
/// @param delta  (outputs), derivative of the loss by the outputs' weighted sums
/// @param z      (units), the units' own weighted sums
/// @return (units), derivative of the loss by z
std::vector<double> hidden_delta(const std::vector<std::vector<double>>& weight,
                                 const std::vector<double>& delta, const std::vector<double>& z);

}  // namespace kbk::exercise
