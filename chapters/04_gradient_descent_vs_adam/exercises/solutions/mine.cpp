/// @file
/// A solution of exercise 5: all lines of the rule in one pass.
#include <cmath>

#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

void mine(const Adam& p, Scratch&) {
    const auto t = static_cast<double>(p.step);
    const auto rate = static_cast<float>(double(p.learning_rate) / (1 - std::pow(double(p.beta1), t)));
    const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(double(p.beta2), t)));
    const float within = p.decoupled ? 0 : p.weight_decay,
                beside = p.decoupled ? p.learning_rate * p.weight_decay : 0;
    const float beta1 = p.beta1, beta2 = p.beta2, epsilon = p.epsilon;
    float* __restrict__ weight = p.weight;
    const float* __restrict__ gradient = p.gradient;
    float* __restrict__ first = p.first;
    float* __restrict__ second = p.second;
    for (std::int64_t i = 0; i < p.count; ++i) {
        const float g = gradient[i] + within * weight[i];
        first[i] = beta1 * first[i] + (1 - beta1) * g;
        second[i] = beta2 * second[i] + (1 - beta2) * g * g;
        weight[i] -= beside * weight[i] + rate * first[i] / (std::sqrt(second[i]) * correction + epsilon);
    }
}

}  // namespace kbk::cpu
