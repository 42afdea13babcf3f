/// @file
/// Activation functions over arrays: the contract of the ladders activation and activation_backward.
///
/// \f[ y_i = f(x_i + b_{i \bmod c}), \qquad \frac{\partial L}{\partial x_i} = f'(x_i)\,\frac{\partial
/// L}{\partial y_i} \f]
#pragma once

#include <cstdint>
#include <string_view>

#include "common/ladder/ladder.hpp"
#include "kernels/activation/activation_math.hpp"

namespace kbk {

/// Apply a function to each element, after adding a bias where there is one; y may be x itself.
/// @tparam T scalar type
template <class T>
struct BasicActivation {
    using Scalar = T;    ///< the scalar type
    Activation kind;     ///< which function
    const T* x;          ///< (count), or with a bias (count / columns, columns), row-major
    T* y;                ///< (count)
    std::int64_t count;  ///< number of elements
    const T* bias =
        nullptr;  ///< (columns), added to each row of x before the function; null: nothing is added
    std::int64_t columns = 0;  ///< elements in a row where there is a bias, else 0
};

/// Gradient of the loss by the function's argument; dx may be dy itself. The derivative comes from the
/// function's value where that is enough, else (derivative_needs_argument: gelu, gelu_tanh, silu) from its
/// argument.
/// @tparam T scalar type
template <class T>
struct BasicActivationBackward {
    using Scalar = T;      ///< the scalar type
    Activation kind;       ///< which function
    const T* y;            ///< (count), what the function returned; may be null where the argument is needed
    const T* dy;           ///< (count), gradient by its output
    T* dx;                 ///< (count), gradient by its input
    std::int64_t count;    ///< number of elements
    const T* x = nullptr;  ///< (count), what the function was given; may be null where the value is enough

    /// @return what the derivative is computed from: x or y
    [[nodiscard]] KBK_HD const T* kept() const { return derivative_needs_argument(kind) ? x : y; }
};

/// The problems in float32, which the ladders compute, and their rungs.
using ActivationForward = BasicActivation<float>;
/// @copydoc ActivationForward
using ActivationBackward = BasicActivationBackward<float>;
/// A rung of the forward ladder.
using ActivationRung = void(const ActivationForward&, Scratch&);
/// A rung of the backward ladder.
using ActivationBackwardRung = void(const ActivationBackward&, Scratch&);

/// All functions, in the order of their enumeration.
inline constexpr Activation all_activations[] = {
    Activation::identity, Activation::relu, Activation::leaky_relu, Activation::sigmoid,
    Activation::tanh,     Activation::gelu, Activation::gelu_tanh,  Activation::silu};

/// @param kind which function
/// @return its name, such as "relu"
std::string_view name(Activation kind);

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

/// @return one operation an element, and one for a bias; x and bias read, y written
Cost cost(const ActivationForward& p);
/// @return one operation an element; what is kept and dy read, dx written
Cost cost(const ActivationBackward& p);

/// @throws Error for a negative count, a null pointer, or rows of a bias that do not fit the count
void validate(const ActivationForward& p);
/// @throws Error for a negative count or a null pointer
void validate(const ActivationBackward& p);

}  // namespace kbk
