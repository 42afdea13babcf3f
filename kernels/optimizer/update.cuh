/// @file
/// Any update rule as a step over one or four parameters: what the fused and the vectorized rungs have in common.
#pragma once

#include "kernels/elementwise.cuh"
#include "kernels/optimizer/optimizer_math.hpp"

namespace kbk::gpu {

// Each .cu file has this for itself, so that its checked and its plain build share no code.
namespace {

// [optimizer_cuda_update]
/// A rule and the arrays that it changes.
/// @tparam Rule   callable with (weight&, gradient, state&...), one number each
/// @tparam states how many arrays of state it has: 0, 1 or 2
template <class Rule, int states>
struct Update {
    Rule rule;                             ///< with the rates that all parameters of the step share
    float* weight;                         ///< (count)
    const float* gradient;                 ///< (count)
    float* state[states > 0 ? states : 1]; ///< (count) each

    /// Step `width` parameters from index i on.
    template <int width>
    __device__ __forceinline__ void step(std::int64_t i) const {
        const auto g = load<width>(gradient + i);
        auto w = load<width>(weight + i);
        Floats<width> s[states > 0 ? states : 1];
        for (int k = 0; k < states; ++k) s[k] = load<width>(state[k] + i);

        for (int e = 0; e < width; ++e) {
            if constexpr (states == 0) rule(w.value[e], g.value[e]);
            if constexpr (states == 1) rule(w.value[e], g.value[e], s[0].value[e]);
            if constexpr (states == 2) rule(w.value[e], g.value[e], s[0].value[e], s[1].value[e]);
        }

        store(weight + i, w);
        for (int k = 0; k < states; ++k) store(state[k] + i, s[k]);
    }
};
// [optimizer_cuda_update]

}  // namespace

}  // namespace kbk::gpu
