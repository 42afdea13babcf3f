/// @file
/// residual/cpu/naive: one loop.
///
/// *Change*: none, this is the first rung.
/// *Why*: elements are independent and lie side by side, so the compiler makes vectors of them. Predicted: the speed at
/// which one core draws from memory, or from the cache that holds the arrays. *Limits*: one thread. *Next*: threaded.
#include "kernels/residual/rungs.hpp"

namespace kbk::cpu {

// [residual_naive]
void naive(const Residual& p, Scratch&) {
    for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = p.a[i] + p.b[i];
}
// [residual_naive]

}  // namespace kbk::cpu
