/// @file
/// attention/cpu/vectorized: both products in register tiles, the exponentials in whole registers.
///
/// *Change*: queries are packed as columns, so that a register holds the scores of eight queries with one key: maxima,
/// exponentials and sums of the online softmax need no sum across a register. Both products are the register tile of
/// tile.hpp: a panel of two registers in width, six rows. Powers of two replace powers of e, with log2(e) in the scale.
/// *Why*: in a tile, two loads and six broadcasts feed twelve multiply-adds, and no sum is written before its block of
/// keys has been added. Predicted: near two thirds of the machine's multiply-add limit at a width of 64, where a score
/// costs 128 of them and one exponential of some fifteen instructions.
/// *Limits*: one thread; a width that is no multiple of two registers pays for the next one. *Next*: threaded.
#include "kernels/attention/vectorized.hpp"

#include <limits>
#include <numbers>

#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tile.hpp"

namespace kbk::cpu {

namespace {

// Queries of a block: their packed columns and sums, 64 KiB at a width of 64, stay in the second-level cache while keys
// pass by. Keys of a block: a multiple of all tiles' rows; their scores with a panel of queries stay in the first.
constexpr std::int64_t block_queries = 8 * 16, block_keys = 96;
constexpr float log2_e = std::numbers::log2e_v<float>;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// The statistics of a panel of queries, a lane each.
struct Statistics {
    float largest[panel], sum[panel];
};

/// What a block of queries keeps while keys pass by.
struct Memory {
    std::int64_t width;  // of a row of sums: whole panels
    float* columns;      // (panels of queries, p.width, panel): the queries, packed
    float* sums;         // (queries, width): mixtures of values
    float* values;       // (width / panel, block_keys, panel): the block's values, packed
    float* scores;       // (block_keys, panel)
};

// [attention_vectorized_softmax]
/// Turn scores into shares relative to the largest score so far.
/// @param scores  (count, panel): the scores of a panel of queries with each key, without the scale; replaced by shares
/// @param count   keys
/// @param scale   of the scores, times log2(e)
/// @param rows    the queries' statistics
/// @param factors receives what each query's older sums must be multiplied by
void online_softmax(float* scores, std::int64_t count, float scale, Statistics& rows, float* factors) {
    constexpr std::int64_t width = Vector::size;
    const Vector before[2] = {Vector::load_unaligned(rows.largest), Vector::load_unaligned(rows.largest + width)};
    Vector largest[2] = {before[0], before[1]};
    for (std::int64_t j = 0; j < count; ++j)
        for (int v = 0; v < 2; ++v)
            largest[v] = xsimd::max(largest[v], Vector::load_unaligned(scores + j * panel + v * width));

    const Vector shift[2] = {largest[0] * -scale, largest[1] * -scale};
    Vector sum[2] = {Vector(0.0f), Vector(0.0f)};
    for (std::int64_t j = 0; j < count; ++j)
        for (int v = 0; v < 2; ++v) {
            float* at = scores + j * panel + v * width;
            const Vector share = power_of_two(xsimd::fma(Vector::load_unaligned(at), Vector(scale), shift[v]));
            sum[v] += share;
            share.store_unaligned(at);
        }

    for (int v = 0; v < 2; ++v) {
        const Vector factor = power_of_two(xsimd::fma(before[v], Vector(scale), shift[v]));
        factor.store_unaligned(factors + v * width);
        largest[v].store_unaligned(rows.largest + v * width);
        xsimd::fma(factor, Vector::load_unaligned(rows.sum + v * width), sum[v]).store_unaligned(rows.sum + v * width);
    }
}
// [attention_vectorized_softmax]

/// Give the pairs that must not see each other a score of minus infinity.
/// @param scores (count, panel)
/// @param seen   keys of the block that the panel's first query sees; each further query sees one more
/// @param count  keys of the block
void mask(float* scores, std::int64_t seen, std::int64_t count) {
    for (std::int64_t j = std::max<std::int64_t>(0, seen); j < count; ++j)
        std::fill_n(scores + j * panel, std::min(panel, j - seen + 1), -infinity);
}

// [attention_vectorized]
/// Let a panel of queries look at a block of keys.
/// @param p     a head's block of queries
/// @param i0    the panel's first query
/// @param j0    the block's first key
/// @param m     what the block of queries keeps
/// @param rows  the panel's statistics
void take_in(const Attention& p, std::int64_t i0, std::int64_t j0, const Memory& m, Statistics& rows) {
    const std::int64_t queries = std::min(panel, p.queries - i0);
    const std::int64_t count = std::min(p.seen(i0 + queries - 1) - j0, std::min(block_keys, p.keys - j0));
    if (count <= 0) return;

    // A row of scores is a key's, a column a query's.
    const auto k = p.k_of(0, 0);
    multiply<Old::dropped>({.k = p.width, .a = k[j0], .a_row = k.row, .a_step = 1, .b = m.columns + i0 * p.width,
                            .c = m.scores, .c_row = panel},
                           count);
    const std::int64_t seen = i0 + 1 + p.keys - p.queries - j0;  // of the block's keys, by the first query
    if (p.causal && seen < count) mask(m.scores, seen, count);
    float factors[panel];
    online_softmax(m.scores, count, p.factor() * log2_e, rows, factors);

    const std::int64_t taken = std::min(block_keys, p.keys - j0);  // keys whose values are packed
    for (std::int64_t x = 0; x < m.width; x += panel) {
        const PanelProduct mixture{.k = count, .a = m.scores, .a_row = 1, .a_step = panel, .b = m.values + x * taken,
                                   .c = m.sums + i0 * m.width + x, .c_row = m.width, .factors = factors};
        j0 == 0 ? multiply<Old::dropped>(mixture, queries) : multiply<Old::scaled>(mixture, queries);
    }
}

/// Attend with a block of queries of one head.
void attend(const Attention& p, float* memory) {
    const std::int64_t width = rounded_up(p.width, panel), filled = rounded_up(p.queries, panel);
    float* sums = memory + filled * p.width;
    float* values = sums + filled * width;
    const Memory m{width, memory, sums, values, values + block_keys * width};
    pack_columns(p.q_of(0, 0), p.queries, p.width, m.columns);
    Statistics rows[block_queries / panel];
    for (Statistics& r : rows) {
        std::fill_n(r.largest, panel, -infinity);
        std::fill_n(r.sum, panel, 0.0f);
    }

    for (std::int64_t j0 = 0; j0 < p.seen(p.queries - 1); j0 += block_keys) {
        const auto v = p.v_of(0, 0);
        pack_rows({v[j0], v.row}, std::min(block_keys, p.keys - j0), p.width, m.values);
        for (std::int64_t i0 = 0; i0 < p.queries; i0 += panel) take_in(p, i0, j0, m, rows[i0 / panel]);
    }

    // Divide each mixture by the sum of its shares.
    for (std::int64_t i = 0; i < p.queries; ++i) {
        const float sum = rows[i / panel].sum[i % panel], largest = rows[i / panel].largest[i % panel];
        const bool sees = p.seen(i) > 0;
        float* out = p.out_of(0, 0)[i];
        const Vector share(sees ? 1 / sum : 0.0f);
        if (sees)
            transform(
                p.width, [&](Vector x) { return x * share; }, out, m.sums + i * width);
        else
            std::fill_n(out, p.width, 0.0f);
        if (p.log_sum) p.log_sum[i] = sees ? p.factor() * largest + std::log(sum) : -infinity;
    }
}
// [attention_vectorized]

// [attention_one_query]
/// Attend with one query of one head: what a model that writes does for each new token. Keys and values pass by once,
/// so memory is the limit, and a register holds neighbours within a key.
void attend_once(const Attention& p, float* scores) {
    constexpr std::int64_t width = Vector::size;
    const std::int64_t keys = p.seen(0), whole = p.width / width * width, rest = p.width - whole;
    const float* q = p.q;
    const auto k = p.k_of(0, 0), v = p.v_of(0, 0);

    // Compare with four keys at a time, in sums that do not wait for each other.
    const auto dots = [&](std::int64_t j, auto rows) {
        constexpr int count = decltype(rows)::value;
        Vector sums[count];
        for (Vector& sum : sums) sum = Vector(0.0f);
        for (std::int64_t c = 0; c < whole; c += width)
            for (int e = 0; e < count; ++e)
                sums[e] = xsimd::fma(Vector::load_unaligned(q + c), Vector::load_unaligned(k[j + e] + c), sums[e]);
        for (int e = 0; e < count; ++e) {
            if (rest) sums[e] = xsimd::fma(load_part(q + whole, rest), load_part(k[j + e] + whole, rest), sums[e]);
            scores[j + e] = xsimd::hadd(sums[e]);
        }
    };
    std::int64_t j = 0;
    for (; j + 4 <= keys; j += 4) dots(j, std::integral_constant<int, 4>());
    for (; j < keys; ++j) dots(j, std::integral_constant<int, 1>());

    const float largest = keys > 0 ? *std::max_element(scores, scores + keys) : -infinity;
    const float scale = p.factor() * log2_e;
    const Vector shift(largest * -scale);
    transform(
        keys, [&](Vector x) { return power_of_two(xsimd::fma(x, Vector(scale), shift)); }, scores, scores);
    float sum = 0;
    for (std::int64_t i = 0; i < keys; ++i) sum += scores[i];
    if (p.log_sum) p.log_sum[0] = keys > 0 ? p.factor() * largest + std::log(sum) : -infinity;

    // Mix the values, up to eight registers of each at a time.
    const float share = keys > 0 ? 1 / sum : 0.0f;
    const auto mix = [&](std::int64_t c, auto registers) {
        constexpr int count = decltype(registers)::value;
        Vector sums[count];
        for (Vector& s : sums) s = Vector(0.0f);
        for (std::int64_t i = 0; i < keys; ++i)
            for (int e = 0; e < count; ++e)
                sums[e] = xsimd::fma(Vector(scores[i]), Vector::load_unaligned(v[i] + c + e * width), sums[e]);
        for (int e = 0; e < count; ++e) (sums[e] * share).store_unaligned(p.out + c + e * width);
    };
    std::int64_t c = 0;
    for (; c + 8 * width <= whole; c += 8 * width) mix(c, std::integral_constant<int, 8>());
    for (; c + 4 * width <= whole; c += 4 * width) mix(c, std::integral_constant<int, 4>());
    for (; c < whole; c += width) mix(c, std::integral_constant<int, 1>());
    if (rest) {
        Vector mixed(0.0f);
        for (std::int64_t i = 0; i < keys; ++i)
            mixed = xsimd::fma(Vector(scores[i]), load_part(v[i] + whole, rest), mixed);
        store_part(mixed * share, p.out + whole, rest);
    }
}
// [attention_one_query]

}  // namespace

AttentionBlocks::AttentionBlocks(const Attention& p)
    : queries(std::min(p.queries, block_queries)),
      each(queries ? (p.queries + queries - 1) / queries : 0),
      count(p.batch * p.heads * each) {
    const std::int64_t width = rounded_up(p.width, panel), filled = rounded_up(queries, panel);
    floats = rounded_up(queries == 1 ? p.keys : filled * (p.width + width) + block_keys * (width + panel), 16);
}

void AttentionBlocks::run(const Attention& p, std::int64_t block, float* memory) const {
    // The last blocks of a head see most keys: begin with them.
    const std::int64_t item = block / each, b = item / p.heads, h = item % p.heads;
    const std::int64_t i0 = (each - 1 - block % each) * queries, i1 = std::min(p.queries, i0 + queries);
    Attention part = p;
    part.q = p.q_of(b, h)[i0], part.k = p.k_of(b, h).data, part.v = p.v_of(b, h).data, part.out = p.out_of(b, h)[i0];
    if (p.log_sum) part.log_sum = p.log_sum_of(b, h) + i0;
    part.batch = part.heads = 1;
    part.queries = i1 - i0;
    // Cut off the keys that come after the block's last query.
    if (p.causal) part.keys = p.keys - (p.queries - i1);
    part.q_strides = p.q_strides.resolved(p.heads, p.queries, p.width);
    part.k_strides = p.k_strides.resolved(p.heads, p.keys, p.width);
    part.v_strides = p.v_strides.resolved(p.heads, p.keys, p.width);
    part.out_strides = p.out_strides.resolved(p.heads, p.queries, p.width);
    queries == 1 ? attend_once(part, memory) : attend(part, memory);
}

void vectorized(const Attention& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const AttentionBlocks blocks(p);
    float* memory = scratch.take<float>(blocks.floats);
    for (std::int64_t block = 0; block < blocks.count; ++block) blocks.run(p, block, memory);
}

}  // namespace kbk::cpu
