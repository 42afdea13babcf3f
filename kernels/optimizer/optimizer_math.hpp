/// @file
/// The update rules, one parameter at a time: written once for CPU rungs, CUDA rungs and references.
#pragma once

#include <cmath>

#include "common/base/host_device.hpp"
#include "kernels/optimizer/optimizer.hpp"

namespace kbk {

/// Step one parameter of gradient descent with momentum.
/// @param p        rates
/// @param weight   the parameter, updated
/// @param gradient its gradient
/// @param velocity its velocity, updated
template <class Problem, class T>
KBK_HD void sgd_update(const Problem& p, T& weight, T gradient, T& velocity) {
    velocity = T(p.momentum) * velocity + (gradient + T(p.weight_decay) * weight);
    weight -= T(p.learning_rate) * velocity;
}

/// What all parameters of one Adam step share.
/// @tparam T scalar type
template <class T>
struct AdamStep {
    T rate;        ///< alpha / (1 - beta1^t)
    T correction;  ///< 1 / sqrt(1 - beta2^t)
    T keep;        ///< 1 - alpha lambda
};

/// @param p one step
/// @return its shared factors, from double precision: 1 - 0.999 is exact to three digits only in float
template <class T, class Problem>
AdamStep<T> adam_step(const Problem& p) {
    const auto t = static_cast<double>(p.step);
    return {static_cast<T>(double(p.learning_rate) / (1 - std::pow(double(p.beta1), t))),
            static_cast<T>(1 / std::sqrt(1 - std::pow(double(p.beta2), t))),
            static_cast<T>(1 - double(p.learning_rate) * double(p.weight_decay))};
}

/// Step one parameter of Adam.
/// @param p        rates
/// @param step     shared factors of this step
/// @param weight   the parameter, updated
/// @param gradient its gradient
/// @param first    its mean gradient, updated
/// @param second   its mean square gradient, updated
template <class Problem, class T>
KBK_HD void adam_update(const Problem& p, const AdamStep<T>& step, T& weight, T gradient, T& first,
                        T& second) {
    first = T(p.beta1) * first + (T(1) - T(p.beta1)) * gradient;
    second = T(p.beta2) * second + (T(1) - T(p.beta2)) * gradient * gradient;
    weight = step.keep * weight - step.rate * first / (std::sqrt(second) * step.correction + T(p.epsilon));
}

}  // namespace kbk
