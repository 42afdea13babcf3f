/// @file
/// attention_backward/cpu/vectorized: all five products in register tiles.
///
/// *Change*: blocks of queries meet blocks of keys. Scores and gradients by shares are products with the queries and
/// their gradients packed as columns; the three gradients are products with keys, queries and gradients packed as rows.
/// Everything that a tile adds to lies packed, and is copied out once.
/// *Why*: five products of the same tile, 320 multiply-adds a pair at a width of 64 beside one exponential: arithmetic
/// at the speed of a matrix product. A tile of dk and dv adds up 64 queries, one of dq 96 keys, before it goes to
/// memory. Predicted: near three quarters of the machine's multiply-add limit.
/// *Limits*: one thread; a width that is no multiple of two registers pays for the next one. *Next*: threaded.
#include "kernels/attention/backward_vectorized.hpp"

#include <numbers>

#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tile.hpp"

namespace kbk::cpu {

namespace {

// Queries and keys of a block: all that two blocks need, some 300 KiB at a width of 64, stays in the second-level
// cache.
constexpr std::int64_t block_queries = 4 * 16, block_keys = 96;
// Floats from a key's row of scores to the next: an odd number of cache lines, so that a column of them does not fall
// into a few sets of the first-level cache.
constexpr std::int64_t row = block_queries + 16;
// Ranges of keys to cut a problem into, where it is large enough, so that several threads find work; and the fewest
// keys of one, for which the queries are packed again.
constexpr std::int64_t enough_ranges = 16, fewest_keys = 384;
constexpr float log2_e = std::numbers::log2e_v<float>;

static_assert(block_queries % panel == 0 && block_keys % tile_rows == 0);

/// What a range of keys works with. Rows of sums have whole panels: `width` floats.
struct Memory {
    std::int64_t width;
    float *keys, *dk, *dv;               // (keys of the range, width): packed by blocks as rows; sums; sums
    float *q_columns, *d_out_columns;    // (block_queries / panel, p.width, panel)
    float *q_rows, *d_out_rows;          // (width / panel, queries, panel)
    float* dq;                           // (block_queries, width)
    float *log_sum, *mean;               // (block_queries): log_sum times log2(e); out times d_out
    float *shares, *d_scores;            // (block_keys, row): a row is a key's, a column a query's

    /// @param p, range a head, and keys of a range @return floats that it all takes
    static std::int64_t floats(const AttentionBackward& p, std::int64_t range) {
        const std::int64_t width = rounded_up(p.width, panel);
        return 3 * range * width + block_queries * (2 * p.width + 3 * width + 2) + 2 * block_keys * row;
    }
    /// @param p, range a head, and keys of a range @param memory as many floats as it takes
    Memory(const AttentionBackward& p, std::int64_t range, float* memory) : width(rounded_up(p.width, panel)) {
        const auto take = [&](std::int64_t count) { return std::exchange(memory, memory + count); };
        for (float** rows : {&keys, &dk, &dv}) *rows = take(range * width);
        for (float** columns : {&q_columns, &d_out_columns}) *columns = take(block_queries * p.width);
        for (float** rows : {&q_rows, &d_out_rows, &dq}) *rows = take(block_queries * width);
        for (float** numbers : {&log_sum, &mean}) *numbers = take(block_queries);
        for (float** scores : {&shares, &d_scores}) *scores = take(block_keys * row);
    }
};

/// A head, and the queries [i0, i0 + queries) and keys [j0, j0 + keys) of it that meet.
struct Meeting {
    std::int64_t i0, queries, j0, keys;
};

/// @param p a head @param m who meets @param i a query of the block @return how many of the block's keys it sees
std::int64_t seen(const AttentionBackward& p, const Meeting& m, std::int64_t i) {
    return std::clamp<std::int64_t>(p.seen(m.i0 + i) - m.j0, 0, m.keys);
}

// [attention_backward_vectorized_scores]
/// Compute the shares of a panel of queries, and the gradients by their scores but for the scale.
/// @param p a head @param m who meets @param memory with packed columns
/// @param i the panel's first query, within the block
void compute_shares(const AttentionBackward& p, const Meeting& m, const Memory& memory, std::int64_t i) {
    // Tiles of dk and dv read whole rows of tiles: what no query of the panel sees is 0.
    const std::int64_t last = std::min(i + panel, m.queries) - 1;
    const std::int64_t count = std::min(rounded_up(seen(p, m, last), tile_rows), m.keys);
    const auto k = p.k_of(0, 0), v = p.v_of(0, 0);
    float *shares = memory.shares + i, *d_scores = memory.d_scores + i;
    multiply<Old::dropped>({.k = p.width, .a = k[m.j0], .a_row = k.row, .a_step = 1,
                            .b = memory.q_columns + i * p.width, .c = shares, .c_row = row}, count);
    multiply<Old::dropped>({.k = p.width, .a = v[m.j0], .a_row = v.row, .a_step = 1,
                            .b = memory.d_out_columns + i * p.width, .c = d_scores, .c_row = row}, count);

    const Vector scale(p.factor() * log2_e);
    for (std::int64_t x = 0; x < panel; x += std::int64_t(Vector::size)) {
        const Vector log_sum = Vector::load_unaligned(memory.log_sum + i + x);
        const Vector mean = Vector::load_unaligned(memory.mean + i + x);
        for (std::int64_t j = 0; j < count; ++j) {
            float *at = shares + j * row + x, *d_at = d_scores + j * row + x;
            const Vector share = power_of_two(xsimd::fms(Vector::load_unaligned(at), scale, log_sum));
            share.store_unaligned(at);
            (share * (Vector::load_unaligned(d_at) - mean)).store_unaligned(d_at);
        }
    }

    // The first query sees `first` keys of the block, each further one sees one more.
    const std::int64_t first = m.i0 + i + 1 + p.keys - p.queries - m.j0;
    for (std::int64_t j = std::max<std::int64_t>(0, first); p.causal && j < count; ++j) {
        std::fill_n(shares + j * row, std::min(panel, j - first + 1), 0.0f);
        std::fill_n(d_scores + j * row, std::min(panel, j - first + 1), 0.0f);
    }
}
// [attention_backward_vectorized_scores]

// [attention_backward_vectorized]
/// Let a block of queries look back at a block of keys of the range.
/// @param p a head @param m who meets @param memory with the packed block of queries
/// @param from the block's first key within the range
void look_back(const AttentionBackward& p, const Meeting& m, const Memory& memory, std::int64_t from) {
    const float* keys = memory.keys + from * memory.width;
    for (std::int64_t i = 0; i < m.queries; i += panel) {
        const std::int64_t queries = std::min(panel, m.queries - i), count = seen(p, m, i + queries - 1);
        if (count == 0) continue;
        compute_shares(p, m, memory, i);
        for (std::int64_t x = 0; x < memory.width; x += panel)
            multiply<Old::kept>({.k = count, .a = memory.d_scores + i, .a_row = 1, .a_step = row, .b = keys + x * m.keys,
                                 .c = memory.dq + i * memory.width + x, .c_row = memory.width}, queries);
    }

    // A tile of keys adds up the queries from the first panel on in which one sees it.
    float *dk = memory.dk + from * memory.width, *dv = memory.dv + from * memory.width;
    for (std::int64_t x = 0; x < memory.width; x += panel)
        for (std::int64_t j = 0, i = 0; j < m.keys; j += tile_rows) {
            while (i < m.queries && seen(p, m, std::min(i + panel, m.queries) - 1) <= j) i += panel;
            if (i >= m.queries) break;
            PanelProduct product{.k = m.queries - i, .a = memory.shares + j * row + i, .a_row = row, .a_step = 1,
                                 .b = memory.d_out_rows + x * m.queries + i * panel, .c = dv + j * memory.width + x,
                                 .c_row = memory.width};
            multiply<Old::kept>(product, std::min(tile_rows, m.keys - j));
            product.a = memory.d_scores + j * row + i;
            product.b = memory.q_rows + x * m.queries + i * panel;
            product.c = dk + j * memory.width + x;
            multiply<Old::kept>(product, std::min(tile_rows, m.keys - j));
        }
}

/// Pack a block of queries with all that belongs to them.
void pack_queries(const AttentionBackward& p, std::int64_t i0, std::int64_t queries, const Memory& memory) {
    const auto q = p.q_of(0, 0), out = p.out_of(0, 0), d_out = p.d_out_of(0, 0);
    const HeadRows<const float> q_block{q[i0], q.row}, d_out_block{d_out[i0], d_out.row};
    pack_columns(q_block, queries, p.width, memory.q_columns);
    pack_columns(d_out_block, queries, p.width, memory.d_out_columns);
    pack_rows(q_block, queries, p.width, memory.q_rows);
    pack_rows(d_out_block, queries, p.width, memory.d_out_rows);
    std::fill_n(memory.dq, queries * memory.width, 0.0f);

    // Columns that fill up a panel are finite, and never read.
    std::fill_n(memory.log_sum, block_queries, 0.0f);
    std::fill_n(memory.mean, block_queries, 0.0f);
    for (std::int64_t i = 0; i < queries; ++i) {
        memory.log_sum[i] = p.log_sum[i0 + i] * log2_e;
        Vector sum(0.0f);
        const float *o = out[i0 + i], *g = d_out[i0 + i];
        std::int64_t c = 0;
        for (constexpr std::int64_t step = Vector::size; c + step <= p.width; c += step)
            sum = xsimd::fma(Vector::load_unaligned(o + c), Vector::load_unaligned(g + c), sum);
        if (c < p.width) sum = xsimd::fma(load_part(o + c, p.width - c), load_part(g + c, p.width - c), sum);
        memory.mean[i] = xsimd::hadd(sum);
    }
}

/// Copy sums out, times a factor.
void copy_out(const float* sums, std::int64_t sums_row, std::int64_t rows, std::int64_t width, float factor,
              HeadRows<float> to) {
    const Vector scale(factor);
    for (std::int64_t i = 0; i < rows; ++i)
        transform(
            width, [&](Vector x) { return x * scale; }, to[i], sums + i * sums_row);
}

/// Compute the keys [begin, end) of a head.
/// @param p      a head
/// @param begin, end the range
/// @param floats memory
/// @param part   receives the range's part of dq: (queries, whole panels), without the scale; null: dq itself does
void look_back(const AttentionBackward& p, std::int64_t begin, std::int64_t end, float* floats, float* part) {
    const Memory memory(p, end - begin, floats);
    const std::int64_t width = memory.width;
    const auto k = p.k_of(0, 0);
    for (std::int64_t j0 = begin; j0 < end; j0 += block_keys)
        pack_rows({k[j0], k.row}, std::min(block_keys, end - j0), p.width, memory.keys + (j0 - begin) * width);
    std::fill_n(memory.dk, (end - begin) * width, 0.0f);
    std::fill_n(memory.dv, (end - begin) * width, 0.0f);

    for (std::int64_t i0 = 0; i0 < p.queries; i0 += block_queries) {
        const std::int64_t queries = std::min(block_queries, p.queries - i0);
        const std::int64_t limit = std::min(end, p.seen(i0 + queries - 1));  // keys from here on are not seen
        if (limit <= begin)
            std::fill_n(memory.dq, queries * width, 0.0f);
        else
            pack_queries(p, i0, queries, memory);
        for (std::int64_t j0 = begin; j0 < limit; j0 += block_keys)
            look_back(p, {i0, queries, j0, std::min(block_keys, end - j0)}, memory, j0 - begin);
        if (part)
            std::copy_n(memory.dq, queries * width, part + i0 * width);
        else
            copy_out(memory.dq, width, queries, p.width, p.factor(), {p.dq_of(0, 0)[i0], p.dq_of(0, 0).row});
    }
    copy_out(memory.dk, width, end - begin, p.width, p.factor(), {p.dk_of(0, 0)[begin], p.dk_of(0, 0).row});
    copy_out(memory.dv, width, end - begin, p.width, 1, {p.dv_of(0, 0)[begin], p.dv_of(0, 0).row});
}
// [attention_backward_vectorized]

/// @param p a problem @param b, h item of the batch and head @return that head alone
AttentionBackward head_of(const AttentionBackward& p, std::int64_t b, std::int64_t h) {
    AttentionBackward one = p;
    one.q = p.q_of(b, h).data, one.k = p.k_of(b, h).data, one.v = p.v_of(b, h).data;
    one.out = p.out_of(b, h).data, one.d_out = p.d_out_of(b, h).data, one.log_sum = p.log_sum_of(b, h);
    one.dq = p.dq_of(b, h).data, one.dk = p.dk_of(b, h).data, one.dv = p.dv_of(b, h).data;
    for (HeadStrides* s : {&one.q_strides, &one.out_strides, &one.d_out_strides, &one.dq_strides})
        *s = s->resolved(p.heads, p.queries, p.width);
    for (HeadStrides* s : {&one.k_strides, &one.v_strides, &one.dk_strides, &one.dv_strides})
        *s = s->resolved(p.heads, p.keys, p.width);
    one.batch = one.heads = 1;
    return one;
}

}  // namespace

AttentionBackwardRanges::AttentionBackwardRanges(const AttentionBackward& p) {
    const std::int64_t heads = p.batch * p.heads;
    each = std::clamp<std::int64_t>(p.keys / fewest_keys, 1, heads ? std::max<std::int64_t>(1, enough_ranges / heads) : 1);
    keys = rounded_up((p.keys + each - 1) / each, block_keys);
    each = std::max<std::int64_t>(1, keys ? (p.keys + keys - 1) / keys : 0);
    count = heads * each;
    floats = rounded_up(Memory::floats(p, std::min(keys, p.keys)), 16);
    part_floats = each > 1 ? count * p.queries * rounded_up(p.width, panel) : 0;
    blocks = each > 1 ? heads * ((p.queries + block_queries - 1) / block_queries) : 0;
}

void AttentionBackwardRanges::run(const AttentionBackward& p, std::int64_t range, float* memory, float* parts) const {
    const std::int64_t item = range / each, begin = range % each * keys;
    const AttentionBackward head = head_of(p, item / p.heads, item % p.heads);
    look_back(head, begin, std::min(p.keys, begin + keys), memory,
              each > 1 ? parts + range * p.queries * rounded_up(p.width, panel) : nullptr);
}

void AttentionBackwardRanges::add_up(const AttentionBackward& p, std::int64_t block, const float* parts) const {
    const std::int64_t of_head = blocks / (p.batch * p.heads), item = block / of_head, width = rounded_up(p.width, panel);
    const std::int64_t i0 = block % of_head * block_queries, i1 = std::min(p.queries, i0 + block_queries);
    const HeadRows<float> dq = p.dq_of(item / p.heads, item % p.heads);
    const Vector scale(p.factor());
    for (std::int64_t i = i0; i < i1; ++i) {
        const float* part = parts + (item * each * p.queries + i) * width;
        transform(
            p.width, [&](Vector first, Vector second) { return first + second; }, dq[i], part,
            part + p.queries * width);
        for (std::int64_t r = 2; r < each; ++r)
            transform(
                p.width, [&](Vector sum, Vector x) { return sum + x; }, dq[i], dq[i], part + r * p.queries * width);
        transform(
            p.width, [&](Vector sum) { return sum * scale; }, dq[i], dq[i]);
    }
}

void vectorized(const AttentionBackward& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const AttentionBackwardRanges ranges(p);
    float *memory = scratch.take<float>(ranges.floats), *parts = scratch.take<float>(ranges.part_floats);
    for (std::int64_t range = 0; range < ranges.count; ++range) ranges.run(p, range, memory, parts);
    for (std::int64_t block = 0; block < ranges.blocks; ++block) ranges.add_up(p, block, parts);
}

}  // namespace kbk::cpu
