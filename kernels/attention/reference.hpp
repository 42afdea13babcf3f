/// @file
/// Attention and its gradient as they are defined, in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/attention/attention.hpp"

namespace kbk {

/// @param p heads, on the host
template <class T>
void reference(const BasicAttention<T>& p) {
    std::vector<double> scores(std::size_t(p.keys)), sums(std::size_t(p.width));
    const double factor = p.scale == 0 ? 1 / std::sqrt(double(p.width)) : double(p.scale);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h)
            for (std::int64_t i = 0; i < p.queries; ++i) {
                const T* q = p.q_of(b, h)[i];
                double largest = -std::numeric_limits<double>::infinity(), sum = 0;
                for (std::int64_t j = 0; j < p.seen(i); ++j) {
                    double dot = 0;
                    for (std::int64_t c = 0; c < p.width; ++c) dot += double(q[c]) * double(p.k_of(b, h)[j][c]);
                    scores[std::size_t(j)] = factor * dot;
                    largest = std::max(largest, factor * dot);
                }
                std::fill(sums.begin(), sums.end(), 0.0);
                for (std::int64_t j = 0; j < p.seen(i); ++j) {
                    const double e = std::exp(scores[std::size_t(j)] - largest);
                    sum += e;
                    for (std::int64_t c = 0; c < p.width; ++c) sums[std::size_t(c)] += e * double(p.v_of(b, h)[j][c]);
                }
                for (std::int64_t c = 0; c < p.width; ++c)
                    p.out_of(b, h)[i][c] = static_cast<T>(sum > 0 ? sums[std::size_t(c)] / sum : sums[std::size_t(c)]);
                if (p.log_sum) p.log_sum_of(b, h)[i] = static_cast<T>(largest + std::log(sum));
            }
}

/// @param p heads, on the host
template <class T>
void reference(const BasicAttentionBackward<T>& p) {
    const double factor = p.scale == 0 ? 1 / std::sqrt(double(p.width)) : double(p.scale);
    const auto dot = [&](const T* x, const T* y) {
        double sum = 0;
        for (std::int64_t c = 0; c < p.width; ++c) sum += double(x[c]) * double(y[c]);
        return sum;
    };
    const std::size_t q_size = std::size_t(p.queries * p.width), k_size = std::size_t(p.keys * p.width);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h) {
            std::vector<double> dq(q_size), dk(k_size), dv(k_size);
            for (std::int64_t i = 0; i < p.queries; ++i) {
                const T *q = p.q_of(b, h)[i], *d_out = p.d_out_of(b, h)[i];
                const double weighted = dot(p.out_of(b, h)[i], d_out);
                for (std::int64_t j = 0; j < p.seen(i); ++j) {
                    const T* k = p.k_of(b, h)[j];
                    const double share = std::exp(factor * dot(q, k) - double(p.log_sum_of(b, h)[i]));
                    const double d_score = factor * share * (dot(d_out, p.v_of(b, h)[j]) - weighted);
                    for (std::int64_t c = 0; c < p.width; ++c) {
                        dq[std::size_t(i * p.width + c)] += d_score * double(k[c]);
                        dk[std::size_t(j * p.width + c)] += d_score * double(q[c]);
                        dv[std::size_t(j * p.width + c)] += share * double(d_out[c]);
                    }
                }
            }
            for (std::int64_t c = 0; c < p.width; ++c) {
                const auto at = [&](std::int64_t i) { return std::size_t(i * p.width + c); };
                for (std::int64_t i = 0; i < p.queries; ++i) p.dq_of(b, h)[i][c] = static_cast<T>(dq[at(i)]);
                for (std::int64_t j = 0; j < p.keys; ++j) p.dk_of(b, h)[j][c] = static_cast<T>(dk[at(j)]);
                for (std::int64_t j = 0; j < p.keys; ++j) p.dv_of(b, h)[j][c] = static_cast<T>(dv[at(j)]);
            }
        }
}

}  // namespace kbk
