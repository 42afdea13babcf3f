/// @file
/// Batch normalisation and its gradients as they are defined, sums in double precision. Never optimised.
#pragma once

#include <cmath>

#include "kernels/batch_norm/batch_norm.hpp"

namespace kbk {

/// Call a function with the index of each value of one channel.
/// @param p       any of the problems
/// @param channel which
/// @param visit   callable with std::int64_t
template <class Problem, class Visit>
void for_each_of_channel(const Problem& p, std::int64_t channel, const Visit& visit) {
    for (std::int64_t n = 0; n < p.batch; ++n)
        for (std::int64_t i = 0; i < p.pixels; ++i) visit((n * p.channels + channel) * p.pixels + i);
}

/// @param p a batch to normalise, on the host
template <class T>
void reference(const BasicBatchNorm<T>& p) {
    const double m = double(p.batch * p.pixels);
    for (std::int64_t c = 0; c < p.channels; ++c) {
        double mean = 0, variance = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) { mean += double(p.x[i]); });
        mean /= m;
        for_each_of_channel(p, c, [&](std::int64_t i) { variance += (p.x[i] - mean) * (p.x[i] - mean); });
        const double inverse = 1 / std::sqrt(variance / m + double(p.epsilon));
        for_each_of_channel(p, c, [&](std::int64_t i) {
            p.y[i] = static_cast<T>(double(p.scale[c]) * (p.x[i] - mean) * inverse + double(p.shift[c]));
        });
        p.mean[c] = static_cast<T>(mean);
        p.inverse_deviation[c] = static_cast<T>(inverse);
        const double share = double(p.momentum), unbiased = variance / (m > 1 ? m - 1 : 1);
        if (p.running_mean)
            p.running_mean[c] = static_cast<T>((1 - share) * double(p.running_mean[c]) + share * mean);
        if (p.running_variance)
            p.running_variance[c] = static_cast<T>((1 - share) * double(p.running_variance[c]) + share * unbiased);
    }
}

/// @param p values to normalise, on the host
template <class T>
void reference(const BasicBatchNormInference<T>& p) {
    for (std::int64_t c = 0; c < p.channels; ++c) {
        const double inverse = 1 / std::sqrt(double(p.variance[c]) + double(p.epsilon));
        for_each_of_channel(p, c, [&](std::int64_t i) {
            p.y[i] =
                static_cast<T>(double(p.scale[c]) * (double(p.x[i]) - double(p.mean[c])) * inverse + double(p.shift[c]));
        });
    }
}

/// @param p gradient by normalised values, on the host
template <class T>
void reference(const BasicBatchNormBackward<T>& p) {
    const double m = double(p.batch * p.pixels);
    for (std::int64_t c = 0; c < p.channels; ++c) {
        const double inverse = double(p.inverse_deviation[c]);
        const auto normalised = [&](std::int64_t i) { return (double(p.x[i]) - double(p.mean[c])) * inverse; };
        double shift = 0, scale = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) {
            shift += double(p.dy[i]);
            scale += double(p.dy[i]) * normalised(i);
        });
        for_each_of_channel(p, c, [&](std::int64_t i) {
            p.dx[i] = static_cast<T>(double(p.scale[c]) * inverse *
                                     (double(p.dy[i]) - shift / m - normalised(i) * (scale / m)));
        });
        if (p.beta_scale != 0) scale += double(p.beta_scale) * double(p.dscale[c]);
        if (p.beta_shift != 0) shift += double(p.beta_shift) * double(p.dshift[c]);
        p.dscale[c] = static_cast<T>(scale);
        p.dshift[c] = static_cast<T>(shift);
    }
}

}  // namespace kbk
