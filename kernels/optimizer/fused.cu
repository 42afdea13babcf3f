/// @file
/// sgd, adagrad, rmsprop, adam/cuda/fused: the whole rule in one launch, one thread a parameter.
///
/// *Change*: the launches of the lines become one, and the arrays between them go away; what all parameters share is
/// computed once, on the host and in double precision.
/// *Why*: each array is read once, and written once where it changes: for momentum 20 bytes a parameter in place of
/// 36, for Adam 28 in place of 56. Predicted: about twice the naive rung for large arrays, and as many times as there
/// were launches for those that only wait for launches; square root and division hide behind memory.
/// *Limits*: four bytes an access.
/// *Next*: vectorized.
#include "kernels/optimizer/rungs.hpp"
#include "kernels/optimizer/update.cuh"

namespace kbk::gpu {

namespace {

// [optimizer_cuda_fused]
template <class Problem>
void fuse(const Problem& p) {
    with_rule<float>(p, [&](auto rule, auto*... state) {
        for_each_single(Update<decltype(rule), sizeof...(state)>{rule, p.weight, p.gradient, {state...}}, p.count);
    });
}
// [optimizer_cuda_fused]

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

}  // namespace kbk::gpu
