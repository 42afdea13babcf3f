/// @file
/// softmax_cross_entropy/cpu/naive: the stable formula, row by row.
///
/// *Change*: none, this is the first rung. Even it subtracts the row's maximum: without that, one logit
/// of 89 overflows float32 (chapter 7 shows it).
/// *Why*: it is the formula. Predicted: limited by the C library's exp, one call a logit.
/// *Limits*: one thread, one exponential at a time.
/// *Next*: vectorized.
#include <algorithm>
#include <cmath>

#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::cpu {

// [softmax_cross_entropy_naive]
void naive(const SoftmaxCrossEntropy& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* exponential = scratch.take<float>(p.classes);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* z = p.logits + i * p.classes;
        const std::int32_t target = p.labels[i];

        // Shift by the largest logit: the largest exponential becomes 1, and nothing overflows.
        const float largest = *std::max_element(z, z + p.classes);
        float sum = 0;
        for (std::int64_t j = 0; j < p.classes; ++j) sum += exponential[j] = std::exp(z[j] - largest);
        p.loss[i] = std::log(sum) - (z[target] - largest);

        // The gradient is the probability, less one at the true class.
        if (!p.gradient) continue;
        float* gradient = p.gradient + i * p.classes;
        for (std::int64_t j = 0; j < p.classes; ++j) gradient[j] = p.scale * exponential[j] / sum;
        gradient[target] -= p.scale;
    }
}
// [softmax_cross_entropy_naive]

}  // namespace kbk::cpu
