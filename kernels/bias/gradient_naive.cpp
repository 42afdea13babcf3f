/// @file
/// bias_gradient/cpu/naive: one column after the other.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula. Predicted: slow, since each addition waits for the one before it, and each
/// read of a column takes another cache line of which it uses four bytes.
/// *Limits*: one thread.
/// *Next*: rowwise.
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_gradient_naive]
void naive(const BiasGradient& p, Scratch&) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
        float sum = 0;
        for (std::int64_t i = 0; i < p.rows; ++i) sum += p.dy[i * p.columns + j];
        p.gradient[j] = p.beta == 0 ? sum : p.beta * p.gradient[j] + sum;
    }
}
// [bias_gradient_naive]

}  // namespace kbk::cpu
