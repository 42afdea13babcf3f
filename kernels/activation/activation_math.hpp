/// @file
/// Activation functions, one number at a time: written once for CPU rungs, CUDA rungs and references. The
/// same formulas serve whole vectors of numbers, for which vector_math.hpp brings other elementary functions.
#pragma once

#include <cmath>

#include "common/base/host_device.hpp"

namespace kbk {

/// The functions of one number that layers apply to each element.
enum class Activation {
    identity,    ///< x
    relu,        ///< max(0, x)
    leaky_relu,  ///< x where x > 0, else a hundredth of it
    sigmoid,     ///< 1 / (1 + e^-x)
    tanh,        ///< (e^x - e^-x) / (e^x + e^-x)
    gelu,        ///< x Phi(x), with the normal distribution's Phi
    gelu_tanh,   ///< its approximation x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
    silu         ///< x sigmoid(x)
};

/// What the formulas below are made of, for one number: the C library's functions.
struct Libm {
    /// @param x any number @return e^x
    template <class T>
    KBK_HD static T exp(T x) {
        return std::exp(x);
    }
    /// @param x any number @return its hyperbolic tangent
    template <class T>
    KBK_HD static T tanh(T x) {
        return std::tanh(x);
    }
    /// @param x any number @return 1 - erf(x), without the cancellation
    template <class T>
    KBK_HD static T erfc(T x) {
        return std::erfc(x);
    }
    /// @param x any number @return its magnitude
    template <class T>
    KBK_HD static T abs(T x) {
        return std::fabs(x);
    }
    /// @param yes which one @param a taken where yes @param b taken elsewhere @return one of them
    template <class T>
    KBK_HD static T select(bool yes, T a, T b) {
        return yes ? a : b;
    }
};

/// Slope of the leaky ReLU for negative arguments.
inline constexpr double leaky_slope = 0.01;

// [sigmoid]
/// @param x any number
/// @return 1 / (1 + e^-x). The exponent is never positive, so nothing overflows on the way
template <class M = Libm, class T>
KBK_HD T sigmoid(T x) {
    const T e = M::exp(-M::abs(x)), p = T(1) / (T(1) + e);
    return M::select(x < T(0), e * p, p);
}
// [sigmoid]

/// @param x any number
/// @return the probability that a normal variable is below x
template <class M = Libm, class T>
KBK_HD T normal_probability(T x) {
    return T(0.5) * M::erfc(T(-0.70710678118654752) * x);
}

/// @param x any number
/// @return z with gelu_tanh(x) = x sigmoid(z), since (1 + tanh u) / 2 = sigmoid(2u)
template <class T>
KBK_HD T gelu_tanh_argument(T x) {
    return T(1.5957691216057308) * x * (T(1) + T(0.044715) * x * x);
}

/// @param kind which function
/// @param x    its argument
/// @return its value; of NaN always NaN
template <class M = Libm, class T>
KBK_HD T activate(Activation kind, T x) {
    if (kind == Activation::relu) return M::select(x <= T(0), T(0), x);
    if (kind == Activation::identity) return x;
    // Where the second factor of the last three is 0 in any format, the first one need not grow: -inf * 0
    // would be NaN.
    const T c = M::select(x < T(-1000), T(-1000), x);
    switch (kind) {
        case Activation::leaky_relu:
            return M::select(x <= T(0), T(leaky_slope) * x, x);
        case Activation::sigmoid:
            return sigmoid<M>(x);
        case Activation::tanh:
            return M::tanh(x);
        case Activation::gelu:
            return c * normal_probability<M>(c);
        case Activation::gelu_tanh:
            return c * sigmoid<M>(gelu_tanh_argument(c));
        case Activation::silu:
            return c * sigmoid<M>(c);
        default:
            return x;
    }
}

/// @param kind which function
/// @return whether its derivative needs its argument; the others have theirs from their value, so that a
/// layer
///         which writes over its argument can still go backward
KBK_HD constexpr bool derivative_needs_argument(Activation kind) {
    return kind == Activation::gelu || kind == Activation::gelu_tanh || kind == Activation::silu;
}

// [activation_derivative]
/// @param kind which function
/// @param v    its argument where derivative_needs_argument(kind), else its value
/// @return its derivative. At the corner of relu and leaky_relu, where any number between the slopes on both
///         sides would do, that of the left side
template <class M = Libm, class T>
KBK_HD T activation_derivative(Activation kind, T v) {
    if (kind == Activation::relu) return M::select(v <= T(0), T(0), T(1));
    if (kind == Activation::identity) return T(1);
    // Beyond 1000 on both sides each derivative has reached its limit; the powers below would overflow.
    const T c = M::select(v < T(-1000), T(-1000), M::select(v > T(1000), T(1000), v));
    switch (kind) {
        case Activation::leaky_relu:
            return M::select(v <= T(0), T(leaky_slope), T(1));
        case Activation::sigmoid:
            return v * (T(1) - v);
        case Activation::tanh:
            return (T(1) - v) * (T(1) + v);
        case Activation::gelu:  // Phi + x phi
            return normal_probability<M>(c) + c * (T(0.39894228040143268) * M::exp(T(-0.5) * c * c));
        case Activation::gelu_tanh: {  // s + x s (1 - s) z'
            const T z = gelu_tanh_argument(c), s = sigmoid<M>(z);
            const T slope = T(1.5957691216057308) + T(0.21406444881780076) * c * c;
            return s + c * slope * (s * sigmoid<M>(-z));
        }
        case Activation::silu: {  // s + x s (1 - s)
            const T s = sigmoid<M>(c);
            return s + c * (s * sigmoid<M>(-c));
        }
        default:
            return T(1);
    }
}
// [activation_derivative]

}  // namespace kbk
