/// @file
/// activation/cpu/naive: one loop over the elements.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula. Predicted: limited by memory, not by arithmetic: eight bytes move for one
/// comparison, and the compiler turns the loop into vector instructions by itself.
/// *Limits*: one thread.
/// *Next*: threaded.
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_naive]
void naive(const ActivationForward& p, Scratch&) {
    for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = activate(p.kind, p.x[i]);
}
// [activation_naive]

}  // namespace kbk::cpu
