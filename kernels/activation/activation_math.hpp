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

/// The normal distribution on one side of its middle.
/// @tparam T a number, or a vector of them
template <class T>
struct NormalTail {
    T density;  ///< phi(x)
    T beyond;   ///< 1 - Phi(x), the probability of more than x
    T product;  ///< x (1 - Phi(x)); 0 where x is infinite
};

/// What the formulas below are made of, for one number: the C library's functions.
struct Libm {
    /// @param x at most 88 @return e^x
    template <class T>
    KBK_HD static T exp(T x) {
        return std::exp(x);
    }
    /// @param x any number @return its hyperbolic tangent
    template <class T>
    KBK_HD static T tanh(T x) {
        return std::tanh(x);
    }
    /// @param x not negative @return density of the normal distribution, probability beyond, and their product with x
    template <class T>
    KBK_HD static NormalTail<T> normal_tail(T x) {
        const T bounded = T(1000) < x ? T(1000) : x;  // in any format all is 0 there; infinity times 0 would be NaN
        const T beyond = T(0.5) * std::erfc(T(0.70710678118654752) * bounded);
        return {T(0.39894228040143268) * std::exp(T(-0.5) * bounded * bounded), beyond, bounded * beyond};
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
/// @return 1 / (1 + e^-x), for negative x e^x / (1 + e^x). The exponent is never positive: nothing overflows on the way
template <class M = Libm, class T>
KBK_HD T sigmoid(T x) {
    const T e = M::exp(-M::abs(x));
    return M::select(x < T(0), e, T(1)) / (T(1) + e);
}
// [sigmoid]

/// A sigmoid and its slope.
/// @tparam T a number, or a vector of them
template <class T>
struct SigmoidSlope {
    T value;  ///< s
    T slope;  ///< s (1 - s)
};

/// @param x any number
/// @return its sigmoid with the slope, which has all digits on both sides, from one exponential
template <class M = Libm, class T>
KBK_HD SigmoidSlope<T> sigmoid_slope(T x) {
    const T e = M::exp(-M::abs(x)), p = T(1) / (T(1) + e), q = e * p;
    return {M::select(x < T(0), q, p), p * q};
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
    // Where the second factor of the last two is 0 in any format, the first one need not grow: -inf * 0 would be
    // NaN.
    const T c = M::select(x < T(-1000), T(-1000), x);
    switch (kind) {
        case Activation::leaky_relu:
            return M::select(x <= T(0), T(leaky_slope) * x, x);
        case Activation::sigmoid:
            return sigmoid<M>(x);
        case Activation::tanh:
            return M::tanh(x);
        case Activation::gelu:  // x Phi(x), which lies below relu(x) by as much on either side: nothing cancels
            return M::select(x <= T(0), T(0), x) - M::normal_tail(M::abs(x)).product;
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
        case Activation::gelu: {  // Phi + x phi
            const NormalTail<T> tail = M::normal_tail(M::abs(c));
            return M::select(c < T(0), tail.beyond, T(1) - tail.beyond) + c * tail.density;
        }
        case Activation::gelu_tanh: {  // s + x s (1 - s) z'
            const SigmoidSlope<T> s = sigmoid_slope<M>(gelu_tanh_argument(c));
            const T z_slope = T(1.5957691216057308) + T(0.21406444881780076) * c * c;
            return s.value + c * z_slope * s.slope;
        }
        case Activation::silu: {  // s + x s (1 - s)
            const SigmoidSlope<T> s = sigmoid_slope<M>(c);
            return s.value + c * s.slope;
        }
        default:
            return T(1);
    }
}
// [activation_derivative]

}  // namespace kbk
