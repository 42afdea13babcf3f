/// @file
/// activation/cpu/fused: the bias added on the way.
///
/// *Change*: where there is a bias, it is added to the vector that the function is about to take.
/// *Why*: the pass that adds it reads and writes every element, and does one addition for eight bytes.
/// Predicted: for ReLU after a bias, half the time from memory; nothing without a bias. *Limits*: one thread.
/// Rows that are no whole number of vectors end in a partial one each. *Next*: threaded.
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_fused]
[[gnu::flatten]]  // the loop, with two chains of operations in it, as one piece
void fused(const ActivationForward& p, Scratch& scratch) {
    if (!p.bias) return vectorized(p, scratch);
    with_constant(p.kind, [&](auto kind) {
        const auto biased = [&](Vector v, Vector b) { return activate<Polynomials>(kind(), v + b); };
        for (std::int64_t row = 0; row < p.count; row += p.columns)
            transform(p.columns, biased, p.y + row, p.x + row, p.bias);
    });
}
// [activation_fused]

}  // namespace kbk::cpu
