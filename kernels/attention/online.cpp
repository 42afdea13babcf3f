/// @file
/// attention/cpu/online: one query after the other, whose scores are never stored.
///
/// *Change*: the softmax is online: a query keeps the largest score so far, the sum of exponentials relative to it, and
/// its mixture of values with the same weights. When a larger score comes, sum and mixture are multiplied by
/// e^(old - new) (M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018).
/// *Why*: the matrix is gone: the memory beside inputs and output is a few numbers, whatever the context. What a query
/// must not see costs nothing. Predicted: near twice the naive rung's speed where half the pairs are masked, since the
/// same dot products and exponentials dominate. *Limits*: keys and values are read anew for each query; one number at
/// a time. *Next*: flash.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

// [attention_online]
void online(const Attention& p, Scratch&) {
    const float factor = p.factor();
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h)
            for (std::int64_t i = 0; i < p.queries; ++i) {
                const float* q = p.q_of(b, h)[i];
                float* out = p.out_of(b, h)[i];
                std::fill_n(out, p.width, 0.0f);
                float largest = -std::numeric_limits<float>::infinity(), sum = 0;
                for (std::int64_t j = 0; j < p.seen(i); ++j) {
                    const float *k = p.k_of(b, h)[j], *v = p.v_of(b, h)[j];
                    float score = 0;
                    for (std::int64_t c = 0; c < p.width; ++c) score += q[c] * k[c];
                    score *= factor;

                    // Make all that came before relative to the new largest score.
                    if (score > largest) {
                        const float rescale = std::exp(largest - score);
                        sum *= rescale;
                        for (std::int64_t c = 0; c < p.width; ++c) out[c] *= rescale;
                        largest = score;
                    }
                    const float share = std::exp(score - largest);
                    sum += share;
                    for (std::int64_t c = 0; c < p.width; ++c) out[c] += share * v[c];
                }
                for (std::int64_t c = 0; c < p.width && sum > 0; ++c) out[c] /= sum;
                if (p.log_sum) p.log_sum_of(b, h)[i] = largest + std::log(sum);
            }
}
// [attention_online]

}  // namespace kbk::cpu
