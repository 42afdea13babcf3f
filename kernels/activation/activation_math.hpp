/// @file
/// Activation functions, one number at a time: written once for CPU rungs, CUDA rungs and references.
#pragma once

#include "common/base/host_device.hpp"

namespace kbk {

/// The non-linear functions that layers apply to each element.
enum class Activation { identity, relu };

/// @param kind which function
/// @param x    its argument
/// @return its value: for relu max(0, x), with relu(NaN) = NaN
template <class T>
KBK_HD T activate(Activation kind, T x) {
    return kind == Activation::relu && x <= T(0) ? T(0) : x;
}

/// @param kind which function
/// @param y    its value
/// @return its derivative, from the value alone: for relu 1 where y > 0, else 0 (also at 0, where any number
///         in [0, 1] is a subgradient)
template <class T>
KBK_HD T activation_derivative(Activation kind, T y) {
    return kind == Activation::relu && y <= T(0) ? T(0) : T(1);
}

}  // namespace kbk
