/// @file
/// The old gradient of an embedding's table, before rows are added to it.
#pragma once

#include "kernels/elementwise.cuh"
#include "kernels/embedding/embedding.hpp"

namespace kbk::gpu {

namespace {

// y = factor y, or zeros for a factor of 0, which reads nothing.
struct Scaled {
    float* y;
    float factor;
    template <int width>
    __device__ __forceinline__ void step(std::int64_t i) const {
        Floats<width> v{};
        if (factor != 0) {
            v = load<width>(y + i);
            for (float& e : v.value) e *= factor;
        }
        store(y + i, v);
    }
};

// Bring the old gradient to where rows may be added.
inline void scale_old(const EmbeddingBackward& p) {
    if (p.beta != 1) for_each_vectorized(Scaled{p.gradient, p.beta}, p.vocabulary * p.width, {p.gradient});
}

}  // namespace

}  // namespace kbk::gpu
