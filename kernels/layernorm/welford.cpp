/// @file
/// layernorm/cpu/welford: mean and variance from one reading of the row.
///
/// *Change*: each element moves the mean so far, and adds to the sum of squares what its distances from the old and
/// from the new mean make together (Welford 1962).
/// *Why*: one reading less, without the sum of x^2 less n mean^2, which loses all digits where the mean is large beside
/// the deviation. Predicted: a loss nevertheless. A row fits the first-level cache, so the second reading is nearly
/// free, and each element now waits for a division. *Limits*: one thread. *Next*: vectorized, which returns to two
/// readings. On a GPU the same formula joins the statistics of threads.
#include <cmath>

#include "kernels/layernorm/rungs.hpp"

namespace kbk::cpu {

// [layernorm_welford]
void welford(const LayerNormForward& p, Scratch&) {
    const float* all = add_branch(p);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* s = all + i * p.columns;
        float* y = p.y + i * p.columns;
        float mean = 0, squares = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const float distance = s[j] - mean;
            mean += distance / float(j + 1);
            squares += distance * (s[j] - mean);
        }
        const float rstd = 1 / std::sqrt(squares / float(p.columns) + p.epsilon);
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] = p.gamma[j] * ((s[j] - mean) * rstd) + p.beta[j];
        if (p.mean) p.mean[i] = mean;
        if (p.rstd) p.rstd[i] = rstd;
    }
}
// [layernorm_welford]

}  // namespace kbk::cpu
