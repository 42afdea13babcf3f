/// @file
/// Activations as they are defined, in double precision.
#pragma once

#include "kernels/activation/activation.hpp"

namespace kbk {

/// @param p elements and function, on the host
template <class T>
void reference(const BasicActivation<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = static_cast<T>(activate(p.kind, double(p.x[i])));
}

/// @param p elements and function, on the host
template <class T>
void reference(const BasicActivationBackward<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i)
        p.dx[i] = static_cast<T>(activation_derivative(p.kind, double(p.y[i])) * double(p.dy[i]));
}

}  // namespace kbk
