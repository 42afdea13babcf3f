/// @file
/// adam/cpu/naive: one pass over memory for each line of the rule.
///
/// *Change*: none, this is the first rung: the way that array languages compute it.
/// *Why*: it is the rule as the paper prints it, corrected means and all. Predicted: limited by memory,
/// in proportion to its fifteen passes over arrays.
/// *Limits*: the corrected means need arrays of their own.
/// *Next*: fused.
#include <cmath>

#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [adam_naive]
void naive(const Adam& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* mean = scratch.take<float>(p.count);
    float* square = scratch.take<float>(p.count);
    const auto t = static_cast<double>(p.step);
    const auto unbias1 = static_cast<float>(1 / (1 - std::pow(double(p.beta1), t)));
    const auto unbias2 = static_cast<float>(1 / (1 - std::pow(double(p.beta2), t)));
    const std::int64_t n = p.count;

    for (std::int64_t i = 0; i < n; ++i) p.first[i] = p.beta1 * p.first[i] + (1 - p.beta1) * p.gradient[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.second[i] = p.beta2 * p.second[i] + (1 - p.beta2) * p.gradient[i] * p.gradient[i];
    for (std::int64_t i = 0; i < n; ++i) mean[i] = unbias1 * p.first[i];
    for (std::int64_t i = 0; i < n; ++i) square[i] = unbias2 * p.second[i];
    for (std::int64_t i = 0; i < n; ++i) p.weight[i] -= p.learning_rate * p.weight_decay * p.weight[i];
    for (std::int64_t i = 0; i < n; ++i)
        p.weight[i] -= p.learning_rate * mean[i] / (std::sqrt(square[i]) + p.epsilon);
}
// [adam_naive]

}  // namespace kbk::cpu
