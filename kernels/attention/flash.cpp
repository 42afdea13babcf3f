/// @file
/// attention/cpu/flash: blocks of queries meet blocks of keys.
///
/// *Change*: 64 queries go through the keys together, 64 keys at a time. A query's scores with a block are a row of
/// 64 sums that grow together; the online softmax takes in a block at once. Blocks that no query may see are skipped
/// (T. Dao and others: FlashAttention, 2022).
/// *Why*: a block of keys and values, 32 KiB at a width of 64, is fetched once for 64 queries. With the block's keys
/// stored as columns, the compiler makes vectors of the 64 sums, as none waits for another. Predicted: several times
/// the online rung's speed, until the C library's exp takes most of the time. *Limits*: exp, one number at a time; sums
/// of the mixture go to memory and back for each key. *Next*: vectorized.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

namespace {

constexpr std::int64_t block = 64;

/// The statistics of a block's rows: the largest score so far, and the sum of exponentials relative to it.
struct Statistics {
    float largest[block], sum[block];
};

// [attention_flash]
/// Let queries [i0, i1) of a head look at keys [j0, j1).
void take_in(const Attention& p, std::int64_t b, std::int64_t h, std::int64_t i0, std::int64_t i1, std::int64_t j0,
             std::int64_t j1, float* columns, Statistics& rows) {
    // columns: (width, block), the keys of the block as columns, with zeros where it has fewer.
    const float factor = p.factor();
    const auto q = p.q_of(b, h), k = p.k_of(b, h), v = p.v_of(b, h);
    for (std::int64_t c = 0; c < p.width; ++c)
        for (std::int64_t j = 0; j < block; ++j) columns[c * block + j] = j < j1 - j0 ? k[j0 + j][c] : 0.0f;

    for (std::int64_t i = i0; i < i1; ++i) {
        const std::int64_t count = std::min(p.seen(i), j1) - j0;  // keys of the block that the query sees
        if (count <= 0) continue;
        float scores[block] = {}, &largest = rows.largest[i - i0], before = largest;
        for (std::int64_t c = 0; c < p.width; ++c)
            for (std::int64_t j = 0; j < block; ++j) scores[j] += q[i][c] * columns[c * block + j];

        // Make all that came before relative to the new largest score, and add the block's part.
        for (std::int64_t j = 0; j < count; ++j) largest = std::max(largest, scores[j] *= factor);
        const float rescale = std::exp(before - largest);
        float &sum = rows.sum[i - i0], *out = p.out_of(b, h)[i];
        sum *= rescale;
        for (std::int64_t c = 0; c < p.width; ++c) out[c] *= rescale;
        for (std::int64_t j = 0; j < count; ++j) {
            const float share = std::exp(scores[j] - largest);
            sum += share;
            for (std::int64_t c = 0; c < p.width; ++c) out[c] += share * v[j0 + j][c];
        }
    }
}

}  // namespace

void flash(const Attention& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* columns = scratch.take<float>(p.width * block);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h)
            for (std::int64_t i0 = 0; i0 < p.queries; i0 += block) {
                const std::int64_t i1 = std::min(p.queries, i0 + block);
                Statistics rows;
                std::fill_n(rows.largest, block, -std::numeric_limits<float>::infinity());
                std::fill_n(rows.sum, block, 0.0f);
                for (std::int64_t i = i0; i < i1; ++i) std::fill_n(p.out_of(b, h)[i], p.width, 0.0f);
                for (std::int64_t j0 = 0; j0 < p.seen(i1 - 1); j0 += block)
                    take_in(p, b, h, i0, i1, j0, std::min(p.keys, j0 + block), columns, rows);

                for (std::int64_t i = i0; i < i1; ++i) {
                    const float sum = rows.sum[i - i0];
                    for (std::int64_t c = 0; c < p.width && sum > 0; ++c) p.out_of(b, h)[i][c] /= sum;
                    if (p.log_sum) p.log_sum_of(b, h)[i] = rows.largest[i - i0] + std::log(sum);
                }
            }
}
// [attention_flash]

}  // namespace kbk::cpu
