/// @file
/// Cases of batch normalisation and its gradients, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/batch_norm/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Sizes of a batch.
struct NormSize {
    std::int64_t batch, channels, pixels;
    /// @return number of values
    [[nodiscard]] std::int64_t values() const { return batch * channels * pixels; }
};

/// @param s       sizes
/// @param x       (batch, channels, pixels)
/// @param running whether running values are kept
/// @return the case. An output is scale (x - mean) / deviation + shift: with a mean that is off by u |x|, it is off by
///         that times scale / deviation; so its tolerance is 8 u (scale (|x| + max |x|) / deviation + |shift|)
inline Case<BatchNorm> batch_norm_case(const NormSize& s, const std::vector<float>& x, bool running) {
    const auto scale = reals(s.channels, "scale"), shift = reals(s.channels, "shift"), mean = reals(s.channels, "mean");
    std::vector<float> variance = reals(s.channels, "variance");
    for (float& v : variance) v = 0.1f + std::abs(v);
    BatchNorm p{};
    p.batch = s.batch, p.channels = s.channels, p.pixels = s.pixels;

    // How large the values of each channel are, beside their deviation.
    std::vector<float> y(x.size()), means(mean.size()), inverse(mean.size());
    BatchNorm q = p;
    q.x = x.data(), q.scale = scale.data(), q.shift = shift.data(), q.y = y.data(), q.mean = means.data(),
    q.inverse_deviation = inverse.data();
    reference(q);
    std::vector<double> largest(mean.size()), y_scale(x.size()), mean_scale, inverse_scale, running_scale, variance_scale;
    for (std::int64_t c = 0; c < s.channels; ++c) {
        for_each_of_channel(p, c, [&](std::int64_t i) {
            largest[std::size_t(c)] = std::max(largest[std::size_t(c)], std::abs(double(x[std::size_t(i)])));
        });
        const double m = largest[std::size_t(c)], by = double(inverse[std::size_t(c)]);
        for_each_of_channel(p, c, [&](std::int64_t i) {
            y_scale[std::size_t(i)] = 8 * (std::abs(double(scale[std::size_t(c)])) * by * 2 * m * (1 + m * by) +
                                           std::abs(double(shift[std::size_t(c)])));
        });
        mean_scale.push_back(8 * m);
        inverse_scale.push_back(8 * by * (1 + m * m * by * by));
        running_scale.push_back(8 * (m + std::abs(double(mean[std::size_t(c)]))));
        variance_scale.push_back(8 * (4 * m * m + double(variance[std::size_t(c)])));
    }
    const auto poisoned = [](std::int64_t count) { return std::vector<float>(std::size_t(count), poison()); };
    Case<BatchNorm> test(fmt::format("({}, {}, {}){}", s.batch, s.channels, s.pixels, running ? ", running" : ""), p);
    test.input(&BatchNorm::x, x).input(&BatchNorm::scale, scale).input(&BatchNorm::shift, shift);
    test.output(&BatchNorm::y, poisoned(s.values()), y_scale);
    test.output(&BatchNorm::mean, poisoned(s.channels), mean_scale);
    test.output(&BatchNorm::inverse_deviation, poisoned(s.channels), inverse_scale);
    if (running)
        test.output(&BatchNorm::running_mean, mean, running_scale)
            .output(&BatchNorm::running_variance, variance, variance_scale);
    return test;
}

/// @param s sizes
/// @return the case of inference, with the tolerance 8 u (scale (|x| + |mean|) / deviation + |shift|)
inline Case<BatchNormInference> batch_norm_inference_case(const NormSize& s) {
    const auto x = reals(s.values(), "x"), scale = reals(s.channels, "scale"), shift = reals(s.channels, "shift"),
               mean = reals(s.channels, "mean");
    std::vector<float> variance = reals(s.channels, "variance");
    for (float& v : variance) v = 0.1f + std::abs(v);
    BatchNormInference p{};
    p.batch = s.batch, p.channels = s.channels, p.pixels = s.pixels;
    std::vector<double> tolerance;
    for (std::int64_t i = 0; i < s.values(); ++i) {
        const auto c = std::size_t(i / s.pixels % s.channels);
        tolerance.push_back(8 * (std::abs(double(scale[c])) * (std::abs(double(x[std::size_t(i)])) + std::abs(double(mean[c]))) /
                                     std::sqrt(double(variance[c])) +
                                 std::abs(double(shift[c]))));
    }
    return Case<BatchNormInference>(fmt::format("inference of ({}, {}, {})", s.batch, s.channels, s.pixels), p)
        .input(&BatchNormInference::x, x)
        .input(&BatchNormInference::scale, scale)
        .input(&BatchNormInference::shift, shift)
        .input(&BatchNormInference::mean, mean)
        .input(&BatchNormInference::variance, variance)
        .output(&BatchNormInference::y, std::vector<float>(x.size(), poison()), tolerance);
}

/// @param s    sizes
/// @param beta factor of the old gradients by scale and shift
/// @return the case, at values with a mean of their own. Both sums run over m values, and stray by about sqrt(m) u of
///         their terms' norm; so do, at most, the gradients by x
inline Case<BatchNormBackward> batch_norm_backward_case(const NormSize& s, float beta) {
    const auto x = reals(s.values(), "x"), dy = reals(s.values(), "dy"), scale = reals(s.channels, "scale");
    const auto count = std::size_t(s.channels);
    std::vector<float> y(x.size()), mean(count), inverse(count), shift(count);
    BatchNorm forward{};
    forward.x = x.data(), forward.scale = scale.data(), forward.shift = shift.data(), forward.y = y.data();
    forward.mean = mean.data(), forward.inverse_deviation = inverse.data();
    forward.batch = s.batch, forward.channels = s.channels, forward.pixels = s.pixels;
    if (s.batch * s.pixels > 0) reference(forward);

    const auto old = [&](const char* name) {
        return beta == 0 ? std::vector<float>(count, poison()) : reals(s.channels, name);
    };
    const auto dscale = old("dscale"), dshift = old("dshift");
    BatchNormBackward p{};
    p.batch = s.batch, p.channels = s.channels, p.pixels = s.pixels, p.beta_scale = p.beta_shift = beta;
    std::vector<double> dx_scale(x.size()), dscale_scale, dshift_scale;
    for (std::int64_t c = 0; c < s.channels; ++c) {
        const auto at = std::size_t(c);
        double shift_norm = 0, scale_norm = 0, most_dy = 0, most_x = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) {
            const double g = dy[std::size_t(i)];
            const double magnitude = (std::abs(double(x[std::size_t(i)])) + std::abs(double(mean[at]))) * double(inverse[at]);
            shift_norm += g * g, scale_norm += g * g * magnitude * magnitude;
            most_dy = std::max(most_dy, std::abs(g)), most_x = std::max(most_x, magnitude);
        });
        const double m = double(s.batch * s.pixels);
        dshift_scale.push_back(8 * (std::sqrt(m * shift_norm) + (beta == 0 ? 0 : std::abs(double(beta * dshift[at])))));
        dscale_scale.push_back(8 * (std::sqrt(m * scale_norm) + (beta == 0 ? 0 : std::abs(double(beta * dscale[at])))));
        for_each_of_channel(p, c, [&](std::int64_t i) {
            dx_scale[std::size_t(i)] =
                8 * std::abs(double(scale[at])) * double(inverse[at]) * most_dy * (2 + 2 * most_x * most_x);
        });
    }
    return Case<BatchNormBackward>(fmt::format("gradients of ({}, {}, {}), beta {}", s.batch, s.channels, s.pixels, beta), p)
        .input(&BatchNormBackward::x, x)
        .input(&BatchNormBackward::dy, dy)
        .input(&BatchNormBackward::scale, scale)
        .input(&BatchNormBackward::mean, mean)
        .input(&BatchNormBackward::inverse_deviation, inverse)
        .output(&BatchNormBackward::dx, std::vector<float>(x.size(), poison()), dx_scale)
        .output(&BatchNormBackward::dscale, dscale, dscale_scale)
        .output(&BatchNormBackward::dshift, dshift, dshift_scale);
}

}  // namespace kbk::test
