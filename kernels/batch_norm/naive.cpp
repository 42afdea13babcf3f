/// @file
/// batch_norm/cpu/naive: channel after channel, one pass for the mean, one for the variance, one for the result.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the definition, with running sums in double precision. Predicted: limited by the sums, each addition of
/// which waits four cycles for the one before.
/// *Limits*: one thread.
/// *Next*: one_pass, which reads the values once less.
#include <cmath>

#include "kernels/batch_norm/reference.hpp"
#include "kernels/batch_norm/rungs.hpp"

namespace kbk::cpu {

// [batch_norm_naive]
void naive(const BatchNorm& p, Scratch&) {
    const double m = double(p.batch * p.pixels);
    for (std::int64_t c = 0; c < p.channels; ++c) {
        double sum = 0, squares = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) { sum += p.x[i]; });
        const double mean = sum / m;
        for_each_of_channel(p, c, [&](std::int64_t i) { squares += (p.x[i] - mean) * (p.x[i] - mean); });

        p.mean[c] = float(mean);
        p.inverse_deviation[c] = float(1 / std::sqrt(squares / m + double(p.epsilon)));
        const float scale = p.scale[c] * p.inverse_deviation[c];
        for_each_of_channel(p, c, [&](std::int64_t i) { p.y[i] = scale * (p.x[i] - p.mean[c]) + p.shift[c]; });

        const double share = double(p.momentum), unbiased = squares / (m > 1 ? m - 1 : 1);
        if (p.running_mean) p.running_mean[c] = float((1 - share) * p.running_mean[c] + share * mean);
        if (p.running_variance)
            p.running_variance[c] = float((1 - share) * p.running_variance[c] + share * unbiased);
    }
}
// [batch_norm_naive]

void naive(const BatchNormInference& p, Scratch&) {
    for (std::int64_t c = 0; c < p.channels; ++c) {
        const float scale = p.scale[c] / std::sqrt(p.variance[c] + p.epsilon);
        for_each_of_channel(p, c, [&](std::int64_t i) { p.y[i] = scale * (p.x[i] - p.mean[c]) + p.shift[c]; });
    }
}

// [batch_norm_backward_naive]
void naive(const BatchNormBackward& p, Scratch&) {
    const double m = double(p.batch * p.pixels);
    for (std::int64_t c = 0; c < p.channels; ++c) {
        const float mean = p.mean[c], inverse = p.inverse_deviation[c];
        double shift = 0, scale = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) {
            shift += p.dy[i];
            scale += double(p.dy[i]) * ((p.x[i] - mean) * inverse);
        });
        const float factor = p.scale[c] * inverse, by_shift = float(shift / m), by_scale = float(scale / m);
        for_each_of_channel(p, c, [&](std::int64_t i) {
            p.dx[i] = factor * (p.dy[i] - by_shift - (p.x[i] - mean) * inverse * by_scale);
        });
        p.dscale[c] = float(scale + (p.beta_scale == 0 ? 0.0 : double(p.beta_scale) * p.dscale[c]));
        p.dshift[c] = float(shift + (p.beta_shift == 0 ? 0.0 : double(p.beta_shift) * p.dshift[c]));
    }
}
// [batch_norm_backward_naive]

}  // namespace kbk::cpu
