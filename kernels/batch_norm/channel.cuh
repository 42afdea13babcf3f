/// @file
/// What the CUDA rungs of batch normalisation share: where a channel's values lie, and what is kept of it.
#pragma once

#include <cstdint>

#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

// Each .cu file has these for itself, so that its checked and its plain build share no code.
namespace {

/// @param p any of the problems @param channel which @param i number of one of its values @return the value's
/// index
template <class Problem>
__device__ __forceinline__ std::int64_t place(const Problem& p, std::int64_t channel, std::int64_t i) {
    return (i / p.pixels * p.channels + channel) * p.pixels + i % p.pixels;
}

/// Write down what training keeps of a channel. One thread calls it.
/// @param p             the batch
/// @param channel       which
/// @param mean,inverse  its mean, and 1 / its deviation
/// @param squares       sum of its values' squared distances from the mean
__device__ __forceinline__ void keep(const BatchNorm& p, std::int64_t channel, float mean, float inverse,
                                     float squares) {
    const float m = float(p.batch * p.pixels), unbiased = squares / (m > 1 ? m - 1 : 1);
    p.mean[channel] = mean;
    p.inverse_deviation[channel] = inverse;
    if (p.running_mean) p.running_mean[channel] += p.momentum * (mean - p.running_mean[channel]);
    if (p.running_variance)
        p.running_variance[channel] += p.momentum * (unbiased - p.running_variance[channel]);
}

/// Write down the gradients by scale and shift. One thread calls it.
/// @param p       the gradients
/// @param channel which
/// @param scale,shift its sums
__device__ __forceinline__ void keep(const BatchNormBackward& p, std::int64_t channel, float scale,
                                     float shift) {
    p.dscale[channel] = p.beta_scale == 0 ? scale : p.beta_scale * p.dscale[channel] + scale;
    p.dshift[channel] = p.beta_shift == 0 ? shift : p.beta_shift * p.dshift[channel] + shift;
}

}  // namespace

}  // namespace kbk::gpu
