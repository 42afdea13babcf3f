/// @file
/// bias/cpu/naive: two loops.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula. Predicted: limited by memory; the compiler makes vectors of the inner loop.
/// *Limits*: one thread.
/// *Next*: threaded.
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_naive]
void naive(const Bias& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        float* row = p.y + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) row[j] += p.bias[j];
    }
}
// [bias_naive]

}  // namespace kbk::cpu
