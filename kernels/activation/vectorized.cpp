/// @file
/// activation/cpu/vectorized: the same formulas over whole vectors.
///
/// *Change*: a register full of elements at once; the exponential is a polynomial (vector_math.hpp), good to
/// one unit in the last place. *Why*: a call to the C library takes one number, and its table and branches
/// keep the compiler from doing eight together. Predicted: several times faster wherever there is an
/// exponential; nothing for ReLU, which was vectors already. *Limits*: one thread; a bias in a pass of its
/// own. *Next*: fused.
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_vectorized]
[[gnu::flatten]]  // the loop, with two chains of operations in it, as one piece
void vectorized(const ActivationForward& p, Scratch&) {
    const float* x = add_bias(p);
    with_constant(p.kind, [&](auto kind) {
        transform(
            p.count, [&](Vector v) { return activate<Polynomials>(kind(), v); }, p.y, x);
    });
}
// [activation_vectorized]

}  // namespace kbk::cpu
