/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/conv2d/conv2d.hpp"

namespace kbk::cpu {

Conv2dRung naive, im2col, winograd2, winograd4, implicit, direct, rows, onednn, mine;
Conv2dInputGradientRung naive, im2col, scattered, implicit, direct, onednn;
Conv2dWeightGradientRung naive, im2col, implicit, direct, onednn;

/// @param s sizes
/// @return why the rung rows does not take them; empty when it does
std::string no_rows_of_vectors(const Conv2dShape& s);

/// @return why oneDNN's convolutions cannot run in this build; empty when they can
std::string onednn_convolution_unavailable();

}  // namespace kbk::cpu

namespace kbk::gpu {

Conv2dRung naive, shared, implicit, wmma_tf32, cudnn;
Conv2dInputGradientRung naive, implicit, cudnn;
Conv2dWeightGradientRung naive, implicit, cudnn;

/// @return why NVIDIA's library cannot run here; empty when it can
std::string cudnn_unavailable();

/// Gradient by the bias: the sum of each output channel, in an order that never changes.
/// @param p gradients, on the device; nothing is done where dbias is null
void sum_channels(const Conv2dWeightGradient& p);

}  // namespace kbk::gpu
