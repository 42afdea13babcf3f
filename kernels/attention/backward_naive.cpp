/// @file
/// attention_backward/cpu/naive: the chain rule, with the whole matrices of shares and of gradients by scores.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula, one product after the other. Shares come back from the scores and log_sum by one
/// exponential each. Predicted: limited as the forward rung is, in five products. *Limits*: two matrices of queries x
/// keys numbers; one thread. *Next*: flash.
#include <algorithm>
#include <cmath>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

// [attention_backward_naive]
void naive(const AttentionBackward& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const float factor = p.factor();
    float* shares = scratch.take<float>(p.queries * p.keys);
    float* d_scores = scratch.take<float>(p.queries * p.keys);
    const auto dot = [&](const float* x, const float* y) {
        float sum = 0;
        for (std::int64_t c = 0; c < p.width; ++c) sum += x[c] * y[c];
        return sum;
    };
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h) {
            const auto q = p.q_of(b, h), k = p.k_of(b, h), v = p.v_of(b, h);
            const auto out = p.out_of(b, h), d_out = p.d_out_of(b, h);

            // Gradients by the shares are dot products with the values; the softmax's gradient takes them to the
            // scores. Its sum over all the shares is the product of the output with its gradient.
            for (std::int64_t i = 0; i < p.queries; ++i) {
                const float mean = dot(out[i], d_out[i]);
                for (std::int64_t j = 0; j < p.keys; ++j) {
                    float &share = shares[i * p.keys + j], &d_score = d_scores[i * p.keys + j];
                    share = d_score = 0;
                    if (j >= p.seen(i)) continue;
                    share = std::exp(factor * dot(q[i], k[j]) - p.log_sum_of(b, h)[i]);
                    d_score = factor * share * (dot(d_out[i], v[j]) - mean);
                }
            }

            // Each product's two factors get the gradient times the other factor.
            const auto dq = p.dq_of(b, h), dk = p.dk_of(b, h), dv = p.dv_of(b, h);
            for (std::int64_t i = 0; i < p.queries; ++i) {
                std::fill_n(dq[i], p.width, 0.0f);
                for (std::int64_t j = 0; j < p.keys; ++j)
                    for (std::int64_t c = 0; c < p.width; ++c) dq[i][c] += d_scores[i * p.keys + j] * k[j][c];
            }
            for (std::int64_t j = 0; j < p.keys; ++j) {
                std::fill_n(dk[j], p.width, 0.0f);
                std::fill_n(dv[j], p.width, 0.0f);
                for (std::int64_t i = 0; i < p.queries; ++i)
                    for (std::int64_t c = 0; c < p.width; ++c) {
                        dk[j][c] += d_scores[i * p.keys + j] * q[i][c];
                        dv[j][c] += shares[i * p.keys + j] * d_out[i][c];
                    }
            }
        }
}
// [attention_backward_naive]

}  // namespace kbk::cpu
