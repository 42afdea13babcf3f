/// @file
/// Cases of layer normalisation and its gradients, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "kernels/layernorm/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// What is normalised, and where results go.
enum class Stream {
    plain,     ///< x alone, y beside it
    in_place,  ///< x alone, y over it
    branch,    ///< x + branch, with the sum beside them
    over_x     ///< x + branch, with the sum over x
};

/// @param rows   number of rows
/// @param x      (rows, columns)
/// @param stream what is normalised
/// @param keep   whether mean and rstd are kept
/// @return the case. A running sum of n numbers strays by about k = 4 sqrt(n) roundings of the row's largest, m; so does the
///         mean. Distances from a mean that is rounded are off by as much, so their squares' sum, and rstd, by
///         r = k (1 + m rstd) roundings of themselves. (The definition, which squares distances from one mean, would be
///         better; Welford's means change.) An output has the tolerance
///         2 u (|gamma| (|normalised| (r + 2) + rstd k m) + |beta|)
inline Case<LayerNormForward> layernorm_case(std::int64_t rows, const std::vector<float>& x, Stream stream = Stream::plain,
                                             bool keep = true) {
    const std::int64_t columns = rows ? std::ssize(x) / rows : 5;
    const auto gamma = reals(columns, "gamma"), beta = reals(columns, "beta"), branch = reals(rows * columns, "branch");
    const bool added = stream == Stream::branch || stream == Stream::over_x;
    const char* names[] = {"", " in place", ", a branch", ", a branch over x"};
    Case<LayerNormForward> test(fmt::format("({}, {}){}", rows, columns, names[int(stream)]),
                                LayerNormForward{.x = nullptr, .gamma = nullptr, .beta = nullptr, .y = nullptr, .mean = nullptr,
                                                 .rstd = nullptr, .rows = rows, .columns = columns});

    const double k = 4 * std::sqrt(double(columns));
    std::vector<double> y_scale, mean_scale, rstd_scale;
    for (std::int64_t i = 0; i < rows; ++i) {
        std::vector<double> s;
        double mean = 0, variance = 0, largest = 0;
        for (std::int64_t j = i * columns; j < (i + 1) * columns; ++j) {
            s.push_back(double(x[std::size_t(j)]) + (added ? double(branch[std::size_t(j)]) : 0.0));
            mean += s.back() / double(columns);
            largest = std::max(largest, std::abs(s.back()));
        }
        for (const double v : s) variance += (v - mean) * (v - mean) / double(columns);
        const double rstd = 1 / std::sqrt(variance + 1e-5), r = k * (1 + largest * rstd);
        for (std::size_t j = 0; j < s.size(); ++j)
            y_scale.push_back(2 * (std::abs(double(gamma[j])) * (std::abs((s[j] - mean) * rstd) * (r + 2) + rstd * k * largest) +
                                   std::abs(double(beta[j]))));
        mean_scale.push_back(2 * k * largest);
        rstd_scale.push_back(2 * rstd * (r + 2));
    }
    const auto poisoned = [](std::size_t count) { return std::vector<float>(count, poison()); };
    test.input(&LayerNormForward::gamma, gamma).input(&LayerNormForward::beta, beta);
    if (added) test.input(&LayerNormForward::branch, branch);
    if (stream == Stream::plain || stream == Stream::branch) test.input(&LayerNormForward::x, x);
    if (stream == Stream::branch) test.output(&LayerNormForward::sum, poisoned(x.size()));
    if (stream == Stream::over_x) test.output([](LayerNormForward& p, float* memory) { p.x = p.sum = memory; }, x);
    if (stream == Stream::in_place)
        test.output([](LayerNormForward& p, float* memory) { p.x = p.y = memory; }, x, y_scale);
    else
        test.output(&LayerNormForward::y, poisoned(x.size()), y_scale);
    if (keep)
        test.output(&LayerNormForward::mean, poisoned(std::size_t(rows)), mean_scale)
            .output(&LayerNormForward::rstd, poisoned(std::size_t(rows)), rstd_scale);
    return test;
}

/// @param rows     number of rows
/// @param columns  numbers in a row
/// @param old      factor of the old gradients by gamma and beta
/// @param residual whether a gradient came past the normalisation
/// @param over     whether dx lies over dy
/// @return the case, at rows with a mean of their own. A normalised value is off by u (|x| + |mean|) rstd. Each addition
///         to a running sum of m terms is off by u of what it has reached, at most sqrt(m) times the terms' norm, and m such
///         errors meet like steps of a random walk: (8 + sqrt(m) / 2) u sqrt(m) times the norm
inline Case<LayerNormBackward> layernorm_backward_case(std::int64_t rows, std::int64_t columns, float old = 0,
                                                       bool residual = false, bool over = false) {
    const auto x = reals(rows * columns, "x"), dy = reals(rows * columns, "dy"), gamma = reals(columns, "gamma"),
               beta = reals(columns, "beta"), past = reals(rows * columns, "past");
    std::vector<float> y(x.size()), mean(static_cast<std::size_t>(rows)), rstd(mean.size());
    reference(LayerNormForward{.x = x.data(), .gamma = gamma.data(), .beta = beta.data(), .y = y.data(), .mean = mean.data(),
                               .rstd = rstd.data(), .rows = rows, .columns = columns});

    const double n = double(columns), k = 1 + std::sqrt(n);
    std::vector<double> dx_scale, gamma_norms(std::size_t(columns), 0.0), beta_norms(std::size_t(columns), 0.0);
    for (std::int64_t i = 0; i < rows; ++i) {
        const auto r = std::size_t(i);
        const auto size = [&](std::size_t at) {
            return (std::abs(double(x[at])) + std::abs(double(mean[r]))) * double(rstd[r]);
        };
        double by_one = 0, by_value = 0;
        for (std::int64_t j = 0; j < columns; ++j) {
            const auto at = std::size_t(i * columns + j), c = std::size_t(j);
            const double g = std::abs(double(dy[at])), h = g * std::abs(double(gamma[c]));
            by_one += h / n;
            by_value += h * size(at) / n;
            gamma_norms[c] += g * g * size(at) * size(at);
            beta_norms[c] += g * g;
        }
        for (std::int64_t j = 0; j < columns; ++j) {
            const auto at = std::size_t(i * columns + j);
            const double h = std::abs(double(dy[at]) * double(gamma[std::size_t(j)]));
            dx_scale.push_back(8 * double(rstd[r]) * (h + k * by_one + k * size(at) * by_value) +
                               (residual ? std::abs(double(past[at])) : 0.0));
        }
    }
    const auto old_values = [&](const char* name) {
        return old == 0 ? std::vector<float>(std::size_t(columns), poison()) : reals(columns, name);
    };
    const auto d_gamma = old_values("d_gamma"), d_beta = old_values("d_beta");
    std::vector<double> gamma_scale, beta_scale;
    const double walk = 8 + std::sqrt(double(rows)) / 2;
    for (std::size_t j = 0; j < gamma.size(); ++j) {
        const double factor = std::abs(double(old));
        gamma_scale.push_back(walk * (std::sqrt(double(rows) * gamma_norms[j]) + (old == 0 ? 0 : factor * std::abs(double(d_gamma[j])))));
        beta_scale.push_back(walk * (std::sqrt(double(rows) * beta_norms[j]) + (old == 0 ? 0 : factor * std::abs(double(d_beta[j])))));
    }

    Case<LayerNormBackward> test(fmt::format("gradients of ({}, {}), old {}{}{}", rows, columns, old,
                                             residual ? ", residual" : "", over ? ", over dy" : ""),
                                 LayerNormBackward{.x = nullptr, .gamma = nullptr, .mean = nullptr, .rstd = nullptr, .dy = nullptr,
                                                   .dx = nullptr, .d_gamma = nullptr, .d_beta = nullptr, .rows = rows,
                                                   .columns = columns, .old_gamma = old, .old_beta = old});
    test.input(&LayerNormBackward::x, x).input(&LayerNormBackward::gamma, gamma);
    test.input(&LayerNormBackward::mean, mean).input(&LayerNormBackward::rstd, rstd);
    if (residual) test.input(&LayerNormBackward::residual, past);
    if (over)
        test.output([](LayerNormBackward& p, float* memory) { p.dy = p.dx = memory; }, dy, dx_scale);
    else
        test.input(&LayerNormBackward::dy, dy)
            .output(&LayerNormBackward::dx, std::vector<float>(x.size(), poison()), dx_scale);
    return test.output(&LayerNormBackward::d_gamma, d_gamma, gamma_scale).output(&LayerNormBackward::d_beta, d_beta, beta_scale);
}

}  // namespace kbk::test
