/// @file
/// softmax/cpu/naive: the definition.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula that one would write down, and the only rung of this book that is wrong on
/// purpose: a logit beyond 88.7 has an infinite exponential in float, and infinity over infinity is NaN;
/// where all logits lie below -104, it divides 0 by 0. Predicted: limited by the C library's exp, one call an
/// element. *Limits*: logits within about 80 of 0; one thread. *Next*: stable.
#include <cmath>

#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_naive]
void naive(const Softmax& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* x = p.x + i * p.columns;
        float *y = p.y + i * p.columns, sum = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) sum += y[j] = std::exp(x[j]);
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] /= sum;
    }
}
// [softmax_naive]

}  // namespace kbk::cpu
