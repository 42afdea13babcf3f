/// @file
/// softmax/cpu/stable: three passes over each row: its maximum, the exponentials and their sum, the division.
///
/// *Change*: the row's largest logit is subtracted from all. On paper that changes nothing, as e^-M cancels.
/// *Why*: the largest exponent becomes 0, so no exponential exceeds 1 and their sum is at least 1: nothing
/// overflows, and nothing is divided by 0. Predicted: a few per cent slower than naive, for the pass that
/// finds the maximum. *Limits*: one thread, one exponential at a time. *Next*: online.
#include <algorithm>
#include <cmath>

#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_stable]
void stable(const Softmax& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows && p.columns > 0; ++i) {
        const float* x = p.x + i * p.columns;
        float *y = p.y + i * p.columns, sum = 0;
        const float largest = *std::max_element(x, x + p.columns);
        for (std::int64_t j = 0; j < p.columns; ++j) sum += y[j] = std::exp(x[j] - largest);
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] /= sum;
    }
}
// [softmax_stable]

}  // namespace kbk::cpu
