/// @file
/// A solution of exercise 7: sixteen sums side by side, so that no addition waits for the one before.
#include <cmath>

#include "kernels/layernorm/rungs.hpp"

namespace kbk::cpu {

namespace {

constexpr std::int64_t lanes = 16;

// The sum of f(s[j]) over a row.
template <class F>
float row_sum(const float* s, std::int64_t columns, const F& f) {
    float sums[lanes] = {};
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) sums[l] += f(s[j + l]);
    float sum = 0;
    for (; j < columns; ++j) sum += f(s[j]);
    for (const float one : sums) sum += one;
    return sum;
}

}  // namespace

void mine(const LayerNormForward& p, Scratch&) {
    const float* all = add_branch(p);
    const float n = float(p.columns);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* s = all + i * p.columns;
        float* y = p.y + i * p.columns;
        const float mean = row_sum(s, p.columns, [](float x) { return x; }) / n;
        const float variance = row_sum(s, p.columns, [=](float x) { return (x - mean) * (x - mean); }) / n;
        const float rstd = 1 / std::sqrt(variance + p.epsilon);
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] = p.gamma[j] * ((s[j] - mean) * rstd) + p.beta[j];
        if (p.mean) p.mean[i] = mean;
        if (p.rstd) p.rstd[i] = rstd;
    }
}

}  // namespace kbk::cpu
