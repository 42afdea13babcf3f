/// @file
/// layernorm_backward/cpu/naive: the gradients one after the other.
///
/// *Change*: none, this is the first rung.
/// *Why*: each formula is a loop: the columns' sums first, since dx may lie over dy, then the rows. Predicted: limited
/// by the columns' sums, which read one number of each row: of the 64 bytes that the memory delivers they use four.
/// *Limits*: one thread, x and dy read three times. *Next*: fused.
#include "kernels/layernorm/rungs.hpp"

namespace kbk::cpu {

// [layernorm_backward_naive]
void naive(const LayerNormBackward& p, Scratch&) {
    const float n = float(p.columns);
    const auto value = [&](std::int64_t i, std::int64_t at) { return (p.x[at] - p.mean[i]) * p.rstd[i]; };
    for (std::int64_t j = 0; j < p.columns; ++j) {
        float gamma = p.old_gamma == 0 ? 0 : p.old_gamma * p.d_gamma[j];
        float beta = p.old_beta == 0 ? 0 : p.old_beta * p.d_beta[j];
        for (std::int64_t i = 0; i < p.rows; ++i) {
            gamma += p.dy[i * p.columns + j] * value(i, i * p.columns + j);
            beta += p.dy[i * p.columns + j];
        }
        p.d_gamma[j] = gamma;
        p.d_beta[j] = beta;
    }
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const std::int64_t row = i * p.columns;
        float by_one = 0, by_value = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) {
            by_one += p.gamma[j] * p.dy[row + j] / n;
            by_value += p.gamma[j] * p.dy[row + j] * value(i, row + j) / n;
        }
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const float dx = (p.gamma[j] * p.dy[row + j] - by_one - value(i, row + j) * by_value) * p.rstd[i];
            p.dx[row + j] = p.residual ? dx + p.residual[row + j] : dx;
        }
    }
}
// [layernorm_backward_naive]

}  // namespace kbk::cpu
