/// @file
/// The chapter's formulas as array expressions.
#pragma once

#include <vector>

#include "chapters/07_mlp/mlp.hpp"

namespace kbk {

/// Gradients of the mean loss of a network with one hidden layer, as the page's formulas say, in xtensor.
/// @param net    784-128-10 or any other sizes; only its parameters' values are read
/// @param x      (rows, inputs)
/// @param labels (rows)
/// @return gradients by W1, b1, W2, b2, each row-major
std::vector<std::vector<double>> gradients_by_formula(const Mlp<double>& net, const Tensor<double>& x,
                                                      const Tensor<std::int32_t>& labels);

}  // namespace kbk
