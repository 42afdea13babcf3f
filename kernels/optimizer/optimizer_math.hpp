/// @file
/// The update rules, one parameter at a time: written once for CPU rungs, CUDA rungs and references.
#pragma once

#include <cmath>

#include "common/base/host_device.hpp"
#include "kernels/optimizer/optimizer.hpp"

namespace kbk {

/// Plain gradient descent. A rule is called with a parameter, its gradient and its state, as numbers of type
/// T or as vectors of them.
/// @tparam T scalar type of the rates
template <class T>
struct DescentRule {
    T rate;   ///< alpha
    T decay;  ///< lambda

    /// Step one parameter, or a vector of them.
    // [descent_rule]
    template <class V>
    KBK_HD void operator()(V& weight, V gradient) const {
        weight -= rate * (gradient + decay * weight);
    }
    // [descent_rule]
};

// [momentum_rule]
/// Gradient descent with momentum.
/// @tparam T scalar type of the rates
template <class T>
struct MomentumRule {
    T rate;      ///< alpha
    T momentum;  ///< mu
    T decay;     ///< lambda

    /// Step one parameter, or a vector of them.
    template <class V>
    KBK_HD void operator()(V& weight, V gradient, V& velocity) const {
        velocity = momentum * velocity + (gradient + decay * weight);
        weight -= rate * velocity;
    }
};
// [momentum_rule]

/// Gradient descent with Nesterov's momentum.
/// @tparam T scalar type of the rates
template <class T>
struct NesterovRule {
    T rate;      ///< alpha
    T momentum;  ///< mu
    T decay;     ///< lambda

    /// Step one parameter, or a vector of them.
    // [nesterov_rule]
    template <class V>
    KBK_HD void operator()(V& weight, V gradient, V& velocity) const {
        gradient += decay * weight;
        velocity = momentum * velocity + gradient;
        weight -= rate * (gradient + momentum * velocity);
    }
    // [nesterov_rule]
};

/// Adagrad.
/// @tparam T scalar type of the rates
template <class T>
struct AdagradRule {
    T rate;     ///< alpha
    T epsilon;  ///< keeps the division finite
    T decay;    ///< lambda

    /// Step one parameter, or a vector of them.
    // [adagrad_rule]
    template <class V>
    KBK_HD void operator()(V& weight, V gradient, V& square) const {
        using std::sqrt;
        gradient += decay * weight;
        square += gradient * gradient;
        weight -= rate * gradient / (sqrt(square) + epsilon);
    }
    // [adagrad_rule]
};

/// RMSProp.
/// @tparam T scalar type of the rates
template <class T>
struct RmsPropRule {
    T rate;       ///< alpha
    T smoothing;  ///< rho
    T epsilon;    ///< keeps the division finite
    T decay;      ///< lambda

    /// Step one parameter, or a vector of them.
    // [rmsprop_rule]
    template <class V>
    KBK_HD void operator()(V& weight, V gradient, V& square) const {
        using std::sqrt;
        gradient += decay * weight;
        square = smoothing * square + (T(1) - smoothing) * gradient * gradient;
        weight -= rate * gradient / (sqrt(square) + epsilon);
    }
    // [rmsprop_rule]
};

/// Adam and AdamW. What all parameters of a step share is computed before, and in double: in float, 1 -
/// 0.999^t has lost three of its seven digits.
/// @tparam T scalar type of the rates
template <class T>
struct AdamRule {
    T beta1;       ///< decay of the mean
    T beta2;       ///< decay of the mean square
    T epsilon;     ///< keeps the division finite
    T rate;        ///< alpha / (1 - beta1^t)
    T correction;  ///< 1 / sqrt(1 - beta2^t)
    T decay;       ///< lambda within the gradient
    T keep;        ///< 1 - alpha lambda beside it

    /// Step one parameter, or a vector of them.
    // [adam_rule]
    template <class V>
    KBK_HD void operator()(V& weight, V gradient, V& first, V& second) const {
        using std::sqrt;
        gradient += decay * weight;
        first = beta1 * first + (T(1) - beta1) * gradient;
        second = beta2 * second + (T(1) - beta2) * gradient * gradient;
        weight = keep * weight - rate * first / (sqrt(second) * correction + epsilon);
    }
    // [adam_rule]
};

/// @param p one step of Adam
/// @return its rule, with the factors that all parameters of the step share
template <class T, class Scalar>
AdamRule<T> adam_rule(const BasicAdam<Scalar>& p) {
    const auto t = static_cast<double>(p.step);
    return {T(p.beta1),
            T(p.beta2),
            T(p.epsilon),
            static_cast<T>(double(p.learning_rate) / (1 - std::pow(double(p.beta1), t))),
            static_cast<T>(1 / std::sqrt(1 - std::pow(double(p.beta2), t))),
            p.decoupled ? T(0) : T(p.weight_decay),
            p.decoupled ? static_cast<T>(1 - double(p.learning_rate) * double(p.weight_decay)) : T(1)};
}

// [with_rule_sgd]
/// Call a function with the rule of a problem and the arrays of its state: none, one or two.
/// @tparam T     scalar type to compute in
/// @param p      one step
/// @param visit  callable with (rule, state...) for any of the rules
template <class T, class Scalar, class Visit>
void with_rule(const BasicSgd<Scalar>& p, const Visit& visit) {
    if (p.momentum == 0)
        visit(DescentRule<T>{T(p.learning_rate), T(p.weight_decay)});
    else if (p.nesterov)
        visit(NesterovRule<T>{T(p.learning_rate), T(p.momentum), T(p.weight_decay)}, p.velocity);
    else
        visit(MomentumRule<T>{T(p.learning_rate), T(p.momentum), T(p.weight_decay)}, p.velocity);
}
// [with_rule_sgd]

/// @copydoc with_rule
template <class T, class Scalar, class Visit>
void with_rule(const BasicAdagrad<Scalar>& p, const Visit& visit) {
    visit(AdagradRule<T>{T(p.learning_rate), T(p.epsilon), T(p.weight_decay)}, p.square);
}
/// @copydoc with_rule
template <class T, class Scalar, class Visit>
void with_rule(const BasicRmsProp<Scalar>& p, const Visit& visit) {
    visit(RmsPropRule<T>{T(p.learning_rate), T(p.smoothing), T(p.epsilon), T(p.weight_decay)}, p.square);
}
/// @copydoc with_rule
template <class T, class Scalar, class Visit>
void with_rule(const BasicAdam<Scalar>& p, const Visit& visit) {
    visit(adam_rule<T>(p), p.first, p.second);
}

}  // namespace kbk
