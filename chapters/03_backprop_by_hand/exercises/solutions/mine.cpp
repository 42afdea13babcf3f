/// @file
/// A solution of exercise 5: row after row, all columns at once.
#include <algorithm>

#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

void mine(const BiasGradient& p, Scratch&) {
    if (p.beta == 0)
        std::fill_n(p.gradient, p.columns, 0.0f);
    else
        for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] *= p.beta;
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] += p.dy[i * p.columns + j];
}

}  // namespace kbk::cpu
