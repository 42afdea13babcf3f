/// @file
/// batch_norm/cpu/threaded: channels shared among the threads, with sums that do not wait for each other.
///
/// *Change*: each task takes a few channels. A row of pixels is added up in sixteen running sums in float, which are
/// then added to the channel's sum in double.
/// *Why*: the compiler makes vectors of sixteen independent sums, and none of one; a row is short, so float is exact
/// enough there. Values of a few channels of a batch fit the second-level cache, so the second pass over them is nearly
/// free: nothing is gained by saving it. Channels are independent, so results do not depend on the number of threads.
/// Predicted: limited by the memory's bandwidth.
/// *Limits*: fewer channels than threads leave some idle.
/// *Next*: none on the CPU.
#include <algorithm>
#include <cmath>

#include "common/base/threads.hpp"
#include "kernels/batch_norm/rungs.hpp"

namespace kbk::cpu {

namespace {

// Sums that do not wait for each other: two to four vectors of floats.
constexpr std::int64_t side_by_side = 16;
// Pixels that are added in float before the sum goes on in double.
constexpr std::int64_t row_pixels = 1024;

// Call body(channel) for all channels; few values are not worth a second thread.
template <class Problem, class Body>
void all_channels(const Problem& p, const Body& body) {
    constexpr std::int64_t task_values = 1 << 14;
    const std::int64_t values = std::max<std::int64_t>(1, p.batch * p.pixels);
    parallel_ranges(p.channels, (task_values + values - 1) / values, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c) body(c);
    });
}

// The sum of term(i) over a channel's indices i.
template <class Problem, class Term>
double sum_of(const Problem& p, std::int64_t channel, const Term& term) {
    double total = 0;
    for (std::int64_t n = 0; n < p.batch; ++n) {
        const std::int64_t row = (n * p.channels + channel) * p.pixels;
        for (std::int64_t at = 0; at < p.pixels; at += row_pixels) {
            const std::int64_t end = std::min(at + row_pixels, p.pixels);
            float sums[side_by_side] = {};
            std::int64_t i = at;
            for (; i + side_by_side <= end; i += side_by_side)
                for (std::int64_t l = 0; l < side_by_side; ++l) sums[l] += term(row + i + l);
            for (; i < end; ++i) sums[i - end + side_by_side] += term(row + i);
            for (const float sum : sums) total += double(sum);
        }
    }
    return total;
}

// Call body(i) for a channel's indices i.
template <class Problem, class Body>
void for_all(const Problem& p, std::int64_t channel, const Body& body) {
    for (std::int64_t n = 0; n < p.batch; ++n) {
        const std::int64_t row = (n * p.channels + channel) * p.pixels;
        for (std::int64_t i = row; i < row + p.pixels; ++i) body(i);
    }
}

}  // namespace

// [batch_norm_threaded]
void threaded(const BatchNorm& p, Scratch&) {
    const double m = double(p.batch * p.pixels);
    all_channels(p, [&p, m](std::int64_t c) {
        const float* x = p.x;
        float* y = p.y;
        const double rough = x[c * p.pixels];  // near the mean, so that what is summed is small
        const float origin = float(rough);
        const double mean = rough + sum_of(p, c, [=](std::int64_t i) { return x[i] - origin; }) / m;
        const float middle = float(mean);
        const double squares = sum_of(p, c, [=](std::int64_t i) { return (x[i] - middle) * (x[i] - middle); });

        const float inverse = float(1 / std::sqrt(squares / m + double(p.epsilon)));
        const float scale = p.scale[c] * inverse, shift = p.shift[c];
        for_all(p, c, [=](std::int64_t i) { y[i] = scale * (x[i] - middle) + shift; });

        p.mean[c] = middle;
        p.inverse_deviation[c] = inverse;
        const double share = double(p.momentum), unbiased = squares / (m > 1 ? m - 1 : 1);
        if (p.running_mean) p.running_mean[c] = float((1 - share) * p.running_mean[c] + share * mean);
        if (p.running_variance)
            p.running_variance[c] = float((1 - share) * p.running_variance[c] + share * unbiased);
    });
}
// [batch_norm_threaded]

void threaded(const BatchNormInference& p, Scratch&) {
    all_channels(p, [&p](std::int64_t c) {
        const float* x = p.x;
        float* y = p.y;
        const float scale = p.scale[c] / std::sqrt(p.variance[c] + p.epsilon), mean = p.mean[c], shift = p.shift[c];
        for_all(p, c, [=](std::int64_t i) { y[i] = scale * (x[i] - mean) + shift; });
    });
}

// [batch_norm_backward_threaded]
void threaded(const BatchNormBackward& p, Scratch&) {
    const double m = double(p.batch * p.pixels);
    all_channels(p, [&p, m](std::int64_t c) {
        const float *x = p.x, *dy = p.dy;
        float* dx = p.dx;
        const float mean = p.mean[c], inverse = p.inverse_deviation[c];
        const double shift = sum_of(p, c, [=](std::int64_t i) { return dy[i]; });
        const double scale = sum_of(p, c, [=](std::int64_t i) { return dy[i] * ((x[i] - mean) * inverse); });

        const float factor = p.scale[c] * inverse, by_shift = m > 0 ? float(shift / m) : 0,
                    by_scale = m > 0 ? float(scale / m) : 0;
        for_all(p, c, [=](std::int64_t i) { dx[i] = factor * (dy[i] - by_shift - (x[i] - mean) * inverse * by_scale); });
        p.dscale[c] = float(scale + (p.beta_scale == 0 ? 0.0 : double(p.beta_scale) * p.dscale[c]));
        p.dshift[c] = float(shift + (p.beta_shift == 0 ? 0.0 : double(p.beta_shift) * p.dshift[c]));
    });
}
// [batch_norm_backward_threaded]

}  // namespace kbk::cpu
