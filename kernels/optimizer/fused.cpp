/// @file
/// sgd, adagrad, rmsprop, adam/cpu/fused: the whole rule in one pass.
///
/// *Change*: the loops of the lines become one, and the arrays between them go away; what all parameters
/// share is computed once.
/// *Why*: a rule does 4 to 16 operations for 12 to 28 bytes, so bytes are what counts. Predicted: five array
/// passes in place of nine for momentum, seven in place of fourteen for Adam: about twice as fast where the
/// arrays do not fit a cache; in cache, square root and division are what is left.
/// *Limits*: one thread.
/// *Next*: vectorized.
#include "kernels/optimizer/one_pass.hpp"
#include "kernels/optimizer/optimizer_math.hpp"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [optimizer_fused]
namespace {

template <class Problem>
void fuse(const Problem& p) {
    with_rule<float>(
        p, [&](auto rule, auto*... state) { one_pass(rule, p.count, p.weight, p.gradient, state...); });
}

}  // namespace

void fused(const Sgd& p, Scratch&) {
    fuse(p);
}
void fused(const Adagrad& p, Scratch&) {
    fuse(p);
}
void fused(const RmsProp& p, Scratch&) {
    fuse(p);
}
void fused(const Adam& p, Scratch&) {
    fuse(p);
}
// [optimizer_fused]

}  // namespace kbk::cpu
