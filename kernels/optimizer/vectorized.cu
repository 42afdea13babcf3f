/// @file
/// sgd, adagrad, rmsprop, adam/cuda/vectorized: four parameters a thread and step.
///
/// *Change*: each access moves a float4, and the grid is a quarter as large.
/// *Why*: a quarter of the instructions for the same sectors. Predicted: a few per cent, since memory is the limit.
/// *Limits*: arrays that are never aligned to 16 bytes at the same element are taken one by one.
/// *Next*: none.
#include "kernels/optimizer/rungs.hpp"
#include "kernels/optimizer/update.cuh"

namespace kbk::gpu {

namespace {

// [optimizer_cuda_vectorized]
template <class Problem>
void vectorize(const Problem& p) {
    with_rule<float>(p, [&](auto rule, auto*... state) {
        for_each_vectorized(Update<decltype(rule), sizeof...(state)>{rule, p.weight, p.gradient, {state...}}, p.count,
                            {p.weight, p.gradient, state...});
    });
}
// [optimizer_cuda_vectorized]

}  // namespace

void vectorized(const Sgd& p, Scratch&) {
    vectorize(p);
}
void vectorized(const Adagrad& p, Scratch&) {
    vectorize(p);
}
void vectorized(const RmsProp& p, Scratch&) {
    vectorize(p);
}
void vectorized(const Adam& p, Scratch&) {
    vectorize(p);
}

}  // namespace kbk::gpu
