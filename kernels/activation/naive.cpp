/// @file
/// activation/cpu/naive: one loop over the elements.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula. Predicted: ReLU, two operations that the compiler turns into vector instructions
/// by itself, is limited by memory; the others by the C library, one call an element. *Limits*: one thread,
/// one element at a time, a bias in a pass of its own. *Next*: vectorized.
#include "kernels/activation/constant_kind.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_naive]
void naive(const ActivationForward& p, Scratch&) {
    const float* x = add_bias(p);
    with_constant(p.kind, [&](auto kind) {  // the choice of the function stands outside the loop
        for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = activate(kind(), x[i]);
    });
}
// [activation_naive]

}  // namespace kbk::cpu
