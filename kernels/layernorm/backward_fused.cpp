/// @file
/// layernorm_backward/cpu/fused: everything from one reading of each row.
///
/// *Change*: the loop that takes the row's sums adds its terms of the columns' sums on the way.
/// *Why*: the columns' sums lie side by side in the first-level cache, and take one term each from a row that is read in
/// memory's own order. x and dy come from memory once; the loop that writes dx finds them in the cache. Predicted:
/// several times naive. *Limits*: one thread; both sums of the row still wait for themselves. *Next*: vectorized.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

// [layernorm_backward_fused]
void fused(const LayerNormBackward& p, Scratch&) {
    begin_sums(p.d_gamma, p.old_gamma, p.columns);
    begin_sums(p.d_beta, p.old_beta, p.columns);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float *x = p.x + i * p.columns, *dy = p.dy + i * p.columns, mean = p.mean[i], rstd = p.rstd[i];
        float by_one = 0, by_value = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const float value = (x[j] - mean) * rstd, h = p.gamma[j] * dy[j];
            p.d_gamma[j] += dy[j] * value;
            p.d_beta[j] += dy[j];
            by_one += h;
            by_value += h * value;
        }
        by_one /= float(p.columns), by_value /= float(p.columns);
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const float dx = (p.gamma[j] * dy[j] - by_one - (x[j] - mean) * rstd * by_value) * rstd;
            p.dx[i * p.columns + j] = p.residual ? dx + p.residual[i * p.columns + j] : dx;
        }
    }
}
// [layernorm_backward_fused]

}  // namespace kbk::cpu
