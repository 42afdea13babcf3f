/// @file
/// attention_backward/cpu/flash: blocks of keys meet the queries, and shares are computed anew.
///
/// *Change*: for 64 keys at a time, each query's 64 scores and 64 gradients by shares are rows of sums that grow
/// together, as in the forward rung; log_sum turns scores into shares at once. They are used for all three gradients
/// and forgotten (T. Dao: FlashAttention-2, 2023, algorithm 2).
/// *Why*: both matrices are gone: the memory beside inputs and outputs is one number a query. To compute a share again
/// costs a fifth of the arithmetic, less than to fetch it from a memory that grows with the square of the context.
/// Predicted: several times the naive rung's speed. *Limits*: exp, one number at a time; sums go to memory and back for
/// each pair. *Next*: vectorized.
#include <algorithm>
#include <cmath>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

namespace {

constexpr std::int64_t block = 64;

// [attention_backward_flash]
/// Let the queries of a head look back at keys [j0, j1).
/// @param means   (queries): each output times its gradient
/// @param columns (2, width, block): memory for the block's keys and values as columns
void look_back(const AttentionBackward& p, std::int64_t b, std::int64_t h, std::int64_t j0, std::int64_t j1,
               const float* means, float* columns) {
    const float factor = p.factor();
    const auto q = p.q_of(b, h), k = p.k_of(b, h), v = p.v_of(b, h), d_out = p.d_out_of(b, h);
    const auto dq = p.dq_of(b, h), dk = p.dk_of(b, h), dv = p.dv_of(b, h);
    float *k_columns = columns, *v_columns = columns + p.width * block;
    for (std::int64_t c = 0; c < p.width; ++c)
        for (std::int64_t j = 0; j < block; ++j) {
            k_columns[c * block + j] = j < j1 - j0 ? k[j0 + j][c] : 0.0f;
            v_columns[c * block + j] = j < j1 - j0 ? v[j0 + j][c] : 0.0f;
        }
    for (std::int64_t j = j0; j < j1; ++j) {
        std::fill_n(dk[j], p.width, 0.0f);
        std::fill_n(dv[j], p.width, 0.0f);
    }

    for (std::int64_t i = 0; i < p.queries; ++i) {
        const std::int64_t count = std::min(p.seen(i), j1) - j0;  // keys of the block that the query sees
        if (count <= 0) continue;
        float scores[block] = {}, d_shares[block] = {};
        for (std::int64_t c = 0; c < p.width; ++c)
            for (std::int64_t j = 0; j < block; ++j) {
                scores[j] += q[i][c] * k_columns[c * block + j];
                d_shares[j] += d_out[i][c] * v_columns[c * block + j];
            }
        for (std::int64_t j = 0; j < count; ++j) {
            const float share = std::exp(factor * scores[j] - p.log_sum_of(b, h)[i]);
            const float d_score = factor * share * (d_shares[j] - means[i]);
            for (std::int64_t c = 0; c < p.width; ++c) {
                dq[i][c] += d_score * k[j0 + j][c];
                dk[j0 + j][c] += d_score * q[i][c];
                dv[j0 + j][c] += share * d_out[i][c];
            }
        }
    }
}

}  // namespace

void flash(const AttentionBackward& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float *means = scratch.take<float>(p.queries), *columns = scratch.take<float>(2 * p.width * block);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h) {
            for (std::int64_t i = 0; i < p.queries; ++i) {
                means[i] = 0;
                for (std::int64_t c = 0; c < p.width; ++c) means[i] += p.out_of(b, h)[i][c] * p.d_out_of(b, h)[i][c];
                std::fill_n(p.dq_of(b, h)[i], p.width, 0.0f);
            }
            for (std::int64_t j0 = 0; j0 < p.keys; j0 += block)
                look_back(p, b, h, j0, std::min(p.keys, j0 + block), means, columns);
        }
}
// [attention_backward_flash]

}  // namespace kbk::cpu
