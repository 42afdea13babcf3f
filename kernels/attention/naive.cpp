/// @file
/// attention/cpu/naive: the definition, with the whole matrix of scores.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the formula: a product, a softmax of each row, a product. Predicted: limited by the additions of a dot
/// product, of which each waits for the one before, and by the C library's exp. *Limits*: the matrix has queries x keys
/// numbers: a context twice as long needs four times the memory; one thread. *Next*: online.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

// [attention_naive]
void naive(const Attention& p, Scratch& scratch) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const float factor = p.factor();
    const Scratch::Frame frame(scratch);
    float* scores = scratch.take<float>(p.queries * p.keys);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h) {
            const auto q = p.q_of(b, h), k = p.k_of(b, h), v = p.v_of(b, h);

            // Compare each query with each key; what it must not see scores minus infinity.
            for (std::int64_t i = 0; i < p.queries; ++i)
                for (std::int64_t j = 0; j < p.keys; ++j) {
                    float dot = 0;
                    for (std::int64_t c = 0; c < p.width; ++c) dot += q[i][c] * k[j][c];
                    scores[i * p.keys + j] = j < p.seen(i) ? factor * dot : -infinity;
                }

            for (std::int64_t i = 0; i < p.queries; ++i) {
                // Turn the row of scores into shares. A row of nothing else than minus infinity has none.
                float *row = scores + i * p.keys, largest = -infinity, sum = 0;
                for (std::int64_t j = 0; j < p.keys; ++j) largest = std::max(largest, row[j]);
                for (std::int64_t j = 0; j < p.keys; ++j)
                    sum += row[j] = p.seen(i) > 0 ? std::exp(row[j] - largest) : 0.0f;
                if (p.log_sum) p.log_sum_of(b, h)[i] = largest + std::log(sum);

                // Mix the values by their shares.
                float* out = p.out_of(b, h)[i];
                for (std::int64_t c = 0; c < p.width; ++c) {
                    float mixed = 0;
                    for (std::int64_t j = 0; j < p.keys; ++j) mixed += row[j] * v[j][c];
                    out[c] = p.seen(i) > 0 ? mixed / sum : 0.0f;
                }
            }
        }
}
// [attention_naive]

}  // namespace kbk::cpu
