/// @file
/// Activation functions over arrays: the contract of the ladders activation and activation_backward.
///
/// \f[ y_i = f(x_i), \qquad \frac{\partial L}{\partial x_i} = f'(x_i)\,\frac{\partial L}{\partial y_i} \f]
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"
#include "kernels/activation/activation_math.hpp"

namespace kbk {

/// Apply a function to each element; y may be x itself.
/// @tparam T scalar type
template <class T>
struct BasicActivation {
    using Scalar = T;    ///< the scalar type
    Activation kind;     ///< which function
    const T* x;          ///< (count)
    T* y;                ///< (count)
    std::int64_t count;  ///< number of elements
};

/// Gradient of the loss by the function's input, from the function's output; dx may be dy itself.
/// @tparam T scalar type
template <class T>
struct BasicActivationBackward {
    using Scalar = T;    ///< the scalar type
    Activation kind;     ///< which function
    const T* y;          ///< (count), what the function returned
    const T* dy;         ///< (count), gradient by its output
    T* dx;               ///< (count), gradient by its input
    std::int64_t count;  ///< number of elements
};

/// The problems in float32, which the ladders compute, and their rungs.
using ActivationForward = BasicActivation<float>;
/// @copydoc ActivationForward
using ActivationBackward = BasicActivationBackward<float>;
/// A rung of the forward ladder.
using ActivationRung = void(const ActivationForward&, Scratch&);
/// A rung of the backward ladder.
using ActivationBackwardRung = void(const ActivationBackward&, Scratch&);

/// @return the ladder of the function itself
const Ladder<ActivationRung>& activation();
/// @return the ladder of its gradient
const Ladder<ActivationBackwardRung>& activation_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<ActivationRung>& ladder(const ActivationForward&) {
    return activation();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<ActivationBackwardRung>& ladder(const ActivationBackward&) {
    return activation_backward();
}

/// @return one operation an element; x read and y written
Cost cost(const ActivationForward& p);
/// @return one operation an element; y and dy read, dx written
Cost cost(const ActivationBackward& p);

/// @throws Error for a negative count or a null pointer
void validate(const ActivationForward& p);
/// @throws Error for a negative count or a null pointer
void validate(const ActivationBackward& p);

}  // namespace kbk
