/// @file
/// Exercise 5 of chapter 13: heads without a copy.
#pragma once

#include "kernels/attention/attention.hpp"

namespace kbk::exercise {

/// Describe self-attention whose queries, keys and values lie side by side, as one fully connected layer
/// leaves them: each row of `qkv` has the channels of the query, then those of the key, then those of the
/// value; and within each, the first head's numbers come first. The heads' outputs shall lie side by side in
/// the same order.
/// @param qkv         (batch * time, 3 * channels)
/// @param out         receives (batch * time, channels)
/// @param batch,time  sizes
/// @param channels    all heads' numbers together
/// @param heads       divides the channels
/// @return causal attention on these addresses; nothing is copied
BasicAttention<double> split_heads(const double* qkv, double* out, std::int64_t batch, std::int64_t time,
                                   std::int64_t channels, std::int64_t heads);

}  // namespace kbk::exercise
