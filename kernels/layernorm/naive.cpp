/// @file
/// layernorm/cpu/naive: three loops over each row: its mean, its variance, the result.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the definition. Subtracting the mean before squaring keeps all digits of the variance, however far
/// from zero the row lies. Predicted: limited by two sums whose additions wait for each other, some four cycles each;
/// far from the memory's speed. *Limits*: one thread, one element at a time; a branch takes a pass of its own.
/// *Next*: welford.
#include <cmath>

#include "kernels/layernorm/rungs.hpp"

namespace kbk::cpu {

// [layernorm_naive]
void naive(const LayerNormForward& p, Scratch&) {
    const float* all = add_branch(p);
    const float n = float(p.columns);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* s = all + i * p.columns;
        float* y = p.y + i * p.columns;
        float sum = 0, squares = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) sum += s[j];
        const float mean = sum / n;
        for (std::int64_t j = 0; j < p.columns; ++j) squares += (s[j] - mean) * (s[j] - mean);
        const float rstd = 1 / std::sqrt(squares / n + p.epsilon);
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] = p.gamma[j] * ((s[j] - mean) * rstd) + p.beta[j];
        if (p.mean) p.mean[i] = mean;
        if (p.rstd) p.rstd[i] = rstd;
    }
}
// [layernorm_naive]

}  // namespace kbk::cpu
