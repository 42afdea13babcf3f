/// @file
/// sgd, adagrad, rmsprop, adam/cpu/naive: one pass over memory for each line of the rule.
///
/// *Change*: none, this is the first rung: the way that array languages compute it.
/// *Why*: it is each rule as it stands in the book. Predicted: limited by memory, in proportion to its passes
/// over arrays, nine for momentum and fourteen for Adam.
/// *Limits*: what stands between two lines of the rule needs an array of its own.
/// *Next*: fused.
#include <cmath>

#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [sgd_naive]
void naive(const Sgd& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const std::int64_t n = p.count;
    float* g = scratch.take<float>(n);  // the gradient with its decay
    for (std::int64_t i = 0; i < n; ++i) g[i] = p.gradient[i] + p.weight_decay * p.weight[i];
    if (p.momentum == 0) {
        for (std::int64_t i = 0; i < n; ++i) p.weight[i] -= p.learning_rate * g[i];
        return;
    }
    for (std::int64_t i = 0; i < n; ++i) p.velocity[i] = p.momentum * p.velocity[i] + g[i];
    if (p.nesterov)
        for (std::int64_t i = 0; i < n; ++i)
            p.weight[i] -= p.learning_rate * (g[i] + p.momentum * p.velocity[i]);
    else
        for (std::int64_t i = 0; i < n; ++i) p.weight[i] -= p.learning_rate * p.velocity[i];
}
// [sgd_naive]

// [adagrad_naive]
void naive(const Adagrad& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const std::int64_t n = p.count;
    float* g = scratch.take<float>(n);
    for (std::int64_t i = 0; i < n; ++i) g[i] = p.gradient[i] + p.weight_decay * p.weight[i];
    for (std::int64_t i = 0; i < n; ++i) p.square[i] += g[i] * g[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.weight[i] -= p.learning_rate * g[i] / (std::sqrt(p.square[i]) + p.epsilon);
}
// [adagrad_naive]

// [rmsprop_naive]
void naive(const RmsProp& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const std::int64_t n = p.count;
    float* g = scratch.take<float>(n);
    for (std::int64_t i = 0; i < n; ++i) g[i] = p.gradient[i] + p.weight_decay * p.weight[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.square[i] = p.smoothing * p.square[i] + (1 - p.smoothing) * g[i] * g[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.weight[i] -= p.learning_rate * g[i] / (std::sqrt(p.square[i]) + p.epsilon);
}
// [rmsprop_naive]

// [adam_naive]
void naive(const Adam& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const std::int64_t n = p.count;
    float* mean = scratch.take<float>(n);
    float* square = scratch.take<float>(n);
    const auto t = static_cast<double>(p.step);
    const auto unbias1 = static_cast<float>(1 / (1 - std::pow(double(p.beta1), t)));
    const auto unbias2 = static_cast<float>(1 / (1 - std::pow(double(p.beta2), t)));

    // The decay joins the gradient, or shrinks the weights beside it.
    const float* g = p.gradient;
    if (!p.decoupled) {
        float* decayed = scratch.take<float>(n);
        for (std::int64_t i = 0; i < n; ++i) decayed[i] = p.gradient[i] + p.weight_decay * p.weight[i];
        g = decayed;
    } else if (p.weight_decay != 0) {
        for (std::int64_t i = 0; i < n; ++i) p.weight[i] -= p.learning_rate * p.weight_decay * p.weight[i];
    }

    for (std::int64_t i = 0; i < n; ++i) p.first[i] = p.beta1 * p.first[i] + (1 - p.beta1) * g[i];
    for (std::int64_t i = 0; i < n; ++i) p.second[i] = p.beta2 * p.second[i] + (1 - p.beta2) * g[i] * g[i];
    for (std::int64_t i = 0; i < n; ++i) mean[i] = unbias1 * p.first[i];
    for (std::int64_t i = 0; i < n; ++i) square[i] = unbias2 * p.second[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.weight[i] -= p.learning_rate * mean[i] / (std::sqrt(square[i]) + p.epsilon);
}
// [adam_naive]

}  // namespace kbk::cpu
