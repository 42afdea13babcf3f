/// @file
/// bias_gradient/cpu/rowwise: the loops exchanged, all columns at once.
///
/// *Change*: the inner loop runs along a row and adds it to the running sums.
/// *Why*: memory is read in its own order, and the columns' sums are independent, so the compiler adds
/// vectors. Predicted: as fast as the rows can be read.
/// *Limits*: one thread; the running sums go through the first-level cache.
/// *Next*: threaded.
#include <algorithm>

#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_gradient_rowwise]
void rowwise(const BiasGradient& p, Scratch&) {
    if (p.beta == 0) std::fill_n(p.gradient, p.columns, 0.0f);
    if (p.beta != 0 && p.beta != 1)
        for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] *= p.beta;
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* row = p.dy + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] += row[j];
    }
}
// [bias_gradient_rowwise]

}  // namespace kbk::cpu
