/// @file
/// The chapter's loops as matrix products.
#pragma once

#include "chapters/03_backprop_by_hand/network.hpp"

namespace kbk {

/// Forward and backward over a whole batch, in xtensor. The loss is the mean binary cross-entropy of a
/// sigmoid output.
/// @param net   a network with one output
/// @param x     (rows, inputs)
/// @param truth (rows), each 0 or 1
/// @return the gradients of each layer's weights and biases; `delta` stays empty
std::vector<LayerGradient> gradients_in_matrices(const Network& net, const Rows& x, const Numbers& truth);

}  // namespace kbk
