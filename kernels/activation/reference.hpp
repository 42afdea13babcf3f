/// @file
/// Activations as they are defined, in double precision.
#pragma once

#include "kernels/activation/activation.hpp"

namespace kbk {

/// @param p elements and function, on the host
template <class T>
void reference(const BasicActivation<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i) {
        const double bias = p.bias ? double(p.bias[i % p.columns]) : 0.0;
        p.y[i] = static_cast<T>(activate(p.kind, double(p.x[i]) + bias));
    }
}

/// @param p elements and function, on the host
template <class T>
void reference(const BasicActivationBackward<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i)
        p.dx[i] = static_cast<T>(activation_derivative(p.kind, double(p.kept()[i])) * double(p.dy[i]));
}

}  // namespace kbk
