/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/activation/activation.hpp"

namespace kbk::cpu {

ActivationRung naive, vectorized, fused, threaded, streamed, mine;
ActivationBackwardRung naive, vectorized, threaded, streamed;

/// @param p     a problem
/// @param begin first element
/// @param end   one past the last
/// @return the problem of these elements alone
inline ActivationBackward piece(const ActivationBackward& p, std::int64_t begin, std::int64_t end) {
    ActivationBackward part = p;
    if (part.y) part.y += begin;
    if (part.x) part.x += begin;
    part.dy += begin;
    part.dx += begin;
    part.count = end - begin;
    return part;
}

/// The pass of its own that a bias takes where a rung does not fuse it.
/// @param p the problem; where it has a bias, y receives x and the bias
/// @return what the function is to be applied to: x, or y
inline const float* add_bias(const ActivationForward& p) {
    if (!p.bias) return p.x;
    for (std::int64_t row = 0; row < p.count; row += p.columns)
        for (std::int64_t j = 0; j < p.columns; ++j) p.y[row + j] = p.x[row + j] + p.bias[j];
    return p.y;
}

}  // namespace kbk::cpu

namespace kbk::gpu {

ActivationRung naive, vectorized;
ActivationBackwardRung naive, vectorized;

}  // namespace kbk::gpu
