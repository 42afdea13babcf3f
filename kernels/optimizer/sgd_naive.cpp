/// @file
/// sgd/cpu/naive: one pass over memory for each line of the rule.
///
/// *Change*: none, this is the first rung: the way that array languages compute it.
/// *Why*: it is the rule as it stands in the book. Predicted: limited by memory, in proportion to its
/// nine passes over arrays.
/// *Limits*: the decayed gradient needs an array of its own.
/// *Next*: fused.
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [sgd_naive]
void naive(const Sgd& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* decayed = scratch.take<float>(p.count);
    for (std::int64_t i = 0; i < p.count; ++i) decayed[i] = p.gradient[i] + p.weight_decay * p.weight[i];
    for (std::int64_t i = 0; i < p.count; ++i) p.velocity[i] = p.momentum * p.velocity[i] + decayed[i];
    for (std::int64_t i = 0; i < p.count; ++i) p.weight[i] -= p.learning_rate * p.velocity[i];
}
// [sgd_naive]

}  // namespace kbk::cpu
