/// @file
/// Layer normalisation and its gradients as they are defined, sums in double precision. Never optimised.
#pragma once

#include <cmath>

#include "kernels/layernorm/layernorm.hpp"

namespace kbk {

/// @param p rows, on the host
template <class T>
void reference(const BasicLayerNorm<T>& p) {
    const double n = double(p.columns);
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const T* s = p.x + i * p.columns;
        if (p.branch) {
            for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j)
                p.sum[j] = static_cast<T>(double(p.x[j]) + double(p.branch[j]));
            s = p.sum + i * p.columns;
        }
        double mean = 0, variance = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) mean += double(s[j]);
        mean /= n;
        for (std::int64_t j = 0; j < p.columns; ++j) variance += (double(s[j]) - mean) * (double(s[j]) - mean);
        const double rstd = 1 / std::sqrt(variance / n + double(p.epsilon));
        T* y = p.y + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j)
            y[j] = static_cast<T>(double(p.gamma[j]) * (double(s[j]) - mean) * rstd + double(p.beta[j]));
        if (p.mean) p.mean[i] = static_cast<T>(mean);
        if (p.rstd) p.rstd[i] = static_cast<T>(rstd);
    }
}

/// @param p gradient by normalised rows, on the host
template <class T>
void reference(const BasicLayerNormBackward<T>& p) {
    const double n = double(p.columns);
    const auto normalised = [&](std::int64_t i, std::int64_t j) {
        return (double(p.x[i * p.columns + j]) - double(p.mean[i])) * double(p.rstd[i]);
    };

    // Sum the columns first: dx may lie over dy.
    for (std::int64_t j = 0; j < p.columns; ++j) {
        double gamma = p.old_gamma == 0 ? 0.0 : double(p.old_gamma) * double(p.d_gamma[j]);
        double beta = p.old_beta == 0 ? 0.0 : double(p.old_beta) * double(p.d_beta[j]);
        for (std::int64_t i = 0; i < p.rows; ++i) {
            const double g = double(p.dy[i * p.columns + j]);
            gamma += g * normalised(i, j);
            beta += g;
        }
        p.d_gamma[j] = static_cast<T>(gamma);
        p.d_beta[j] = static_cast<T>(beta);
    }
    for (std::int64_t i = 0; i < p.rows; ++i) {
        double by_one = 0, by_value = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const double h = double(p.gamma[j]) * double(p.dy[i * p.columns + j]);
            by_one += h;
            by_value += h * normalised(i, j);
        }
        for (std::int64_t j = 0; j < p.columns; ++j) {
            const std::int64_t at = i * p.columns + j;
            const double h = double(p.gamma[j]) * double(p.dy[at]);
            const double dx = double(p.rstd[i]) * (h - by_one / n - normalised(i, j) * by_value / n);
            p.dx[at] = static_cast<T>(dx + (p.residual ? double(p.residual[at]) : 0.0));
        }
    }
}

}  // namespace kbk
