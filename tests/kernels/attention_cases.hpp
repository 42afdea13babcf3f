/// @file
/// Cases of attention and its gradient, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/attention/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Where heads lie in memory.
enum class Heads {
    packed,  ///< (batch, heads, rows, width)
    fused    ///< within rows of three times all heads' widths, as one product for queries, keys and values leaves them
};

/// @return a problem of these sizes, without pointers
inline Attention heads_of(std::int64_t batch, std::int64_t heads, std::int64_t queries, std::int64_t keys,
                          std::int64_t width, bool causal = true) {
    Attention p{};
    p.batch = batch, p.heads = heads, p.queries = queries, p.keys = keys, p.width = width, p.causal = causal;
    return p;
}

/// @param p sizes, flags and strides
/// @return what tells the case from others, in words
inline std::string describe(const Attention& p) {
    std::string text = fmt::format("({}, {}, {}, {})", p.batch, p.heads, p.queries, p.width);
    if (p.keys != p.queries) text += fmt::format(" of {} keys", p.keys);
    if (!p.causal) text += " seeing all";
    if (p.scale != 0) text += fmt::format(" scale={}", p.scale);
    if (p.q_strides != HeadStrides{}) text += " fused";
    return text;
}

/// One tensor of a case, with poison in the gaps between its rows.
struct HeadValues {
    /// @param p       sizes
    /// @param rows    positions: p.queries or p.keys
    /// @param lie     where the rows lie
    /// @param numbers as many as are needed, by name; none: poison everywhere
    HeadValues(const Attention& p, std::int64_t rows, Heads lie, std::string_view numbers) : rows_(rows), problem_(p) {
        const std::int64_t row = 3 * p.heads * p.width;
        if (lie == Heads::fused) strides = {rows * row, p.width, row};
        const auto [batch, head, step] = strides.resolved(p.heads, rows, p.width);
        const bool any = p.batch > 0 && p.heads > 0 && rows > 0;
        const std::int64_t extent =
            any ? (p.batch - 1) * batch + (p.heads - 1) * head + (rows - 1) * step + p.width : 0;
        values.assign(std::size_t(extent), poison());
        if (numbers.empty()) return;
        const auto made = reals(extent, numbers);
        each([&](std::size_t at, auto...) { values[at] = made[at]; });
    }

    /// Call a function for each number.
    /// @param visit callable with (place, item of the batch, head, row, column)
    template <class Visit>
    void each(const Visit& visit) const {
        const auto [batch, head, step] = strides.resolved(problem_.heads, rows_, problem_.width);
        for (std::int64_t b = 0; b < problem_.batch; ++b)
            for (std::int64_t h = 0; h < problem_.heads; ++h)
                for (std::int64_t i = 0; i < rows_; ++i)
                    for (std::int64_t c = 0; c < problem_.width; ++c)
                        visit(std::size_t(b * batch + h * head + i * step + c), b, h, i, c);
    }

    HeadStrides strides = {};   ///< of the problem
    std::vector<float> values;  ///< with gaps

  private:
    std::int64_t rows_;
    Attention problem_;
};

/// What a query of a head sees, in double precision, and how far rounding may lead it astray.
struct Seen {
    std::vector<double> shares;  ///< p_j of each key that it sees
    double log_sum;              ///< L
    double roundings;            ///< r: by how many roundings a share may be wrong: those of its score, a dot product
                                 ///< that is at most scale |q| max |k|, and of the sum
};

/// @param x, y rows @param width their length @return their product
inline double dot(const float* x, const float* y, std::int64_t width) {
    double sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += double(x[c]) * double(y[c]);
    return sum;
}

/// @param x a row @param width its length @return its norm
inline double norm(const float* x, std::int64_t width) {
    return std::sqrt(dot(x, x, width));
}

/// @param p a problem with its inputs @param b, h item of the batch and head @param i a query
/// @return what it sees
inline Seen seen_by(const Attention& p, std::int64_t b, std::int64_t h, std::int64_t i) {
    Seen all{std::vector<double>(std::size_t(p.seen(i))), -INFINITY, 0};
    const float* q = p.q_of(b, h)[i];
    double largest = -INFINITY, sum = 0, longest = 0;
    for (std::int64_t j = 0; j < p.seen(i); ++j) {
        const float* k = p.k_of(b, h)[j];
        largest = std::max(largest, all.shares[std::size_t(j)] = double(p.factor()) * dot(q, k, p.width));
        longest = std::max(longest, norm(k, p.width));
    }
    for (double& share : all.shares) sum += share = std::exp(share - largest);
    for (double& share : all.shares) share /= sum;
    all.log_sum = largest + std::log(sum);
    all.roundings = 1 + double(p.factor()) * norm(q, p.width) * longest + std::sqrt(double(p.seen(i)));
    return all;
}

/// @param p   sizes and flags, without pointers and strides
/// @param lie where heads lie
/// @param stretch factor of the queries: how far apart the shares are
/// @return a case of attention. A share p_j may stray by 8 u r of itself (see Seen), so out has the tolerance
///         8 u r sum_j p_j |v_j|, and log_sum 8 u (r + |L|)
inline Case<Attention> attention_case(Attention p, Heads lie = Heads::packed, float stretch = 1) {
    HeadValues q(p, p.queries, lie, "q");
    const HeadValues k(p, p.keys, lie, "k"), v(p, p.keys, lie, "v"), out(p, p.queries, lie, "");
    q.each([&](std::size_t at, auto...) { q.values[at] *= stretch; });
    p.q_strides = q.strides, p.k_strides = k.strides, p.v_strides = v.strides, p.out_strides = out.strides;

    Attention given = p;
    given.q = q.values.data(), given.k = k.values.data(), given.v = v.values.data();
    const std::size_t rows = std::size_t(p.batch * p.heads * p.queries);
    constexpr double subnormal = 64 * 0x1p-126 / 0x1p-24;  // shares below float's normal numbers may become 0
    std::vector<double> scale(out.values.size()), scale_sum(rows);
    Seen seen;
    out.each([&](std::size_t at, std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t c) {
        if (p.seen(i) == 0) return;  // exactly 0 and minus infinity
        if (c == 0) {
            seen = seen_by(given, b, h, i);
            scale_sum[std::size_t((b * p.heads + h) * p.queries + i)] = 8 * (seen.roundings + std::abs(seen.log_sum));
        }
        scale[at] = subnormal;
        for (std::int64_t j = 0; j < p.seen(i); ++j)
            scale[at] += 8 * seen.roundings * seen.shares[std::size_t(j)] * std::abs(double(given.v_of(b, h)[j][c]));
    });
    Case<Attention> test(describe(p), p);
    test.input(&Attention::q, q.values).input(&Attention::k, k.values).input(&Attention::v, v.values);
    return test.output(&Attention::out, out.values, scale)
        .output(&Attention::log_sum, std::vector<float>(rows, poison()), scale_sum);
}

/// @param p   sizes and flags, without pointers and strides
/// @param lie where heads lie
/// @param stretch factor of the queries: how far apart the shares are
/// @return a case of the gradient, at what the reference returns. With d_ij the gradient by a score,
///         p_ij (g_i v_j - g_i o_i), it may stray by 8 u e_ij with e_ij = p_ij (r |g_i v_j - g_i o_i| + |g_i| |v_j| +
///         |g_i| |o_i|) + m |d_ij|, r as in the forward case with |L| added, m the root of the number of terms. So dq
///         has the tolerance 8 u scale sum_j e_ij |k_j|, dk 8 u scale sum_i e_ij |q_i|, dv 8 u sum_i p_ij (r + m) |g_i|.
///         Shares below float's normal numbers may become 0
inline Case<AttentionBackward> attention_backward_case(const Attention& sizes, Heads lie = Heads::packed,
                                                       float stretch = 1) {
    Attention f = sizes;
    HeadValues q(f, f.queries, lie, "q"), out(f, f.queries, lie, "");
    const HeadValues k(f, f.keys, lie, "k"), v(f, f.keys, lie, "v"), d_out(f, f.queries, lie, "d_out");
    const HeadValues of_queries(f, f.queries, lie, ""), of_keys(f, f.keys, lie, "");
    q.each([&](std::size_t at, auto...) { q.values[at] *= stretch; });
    std::vector<float> log_sum(std::size_t(f.batch * f.heads * f.queries));
    f.q = q.values.data(), f.k = k.values.data(), f.v = v.values.data();
    f.out = out.values.data(), f.log_sum = log_sum.data();
    f.q_strides = q.strides, f.k_strides = k.strides, f.v_strides = v.strides, f.out_strides = out.strides;
    reference(f);

    AttentionBackward p{};
    p.batch = f.batch, p.heads = f.heads, p.queries = f.queries, p.keys = f.keys, p.width = f.width;
    p.causal = f.causal, p.scale = f.scale;
    p.q_strides = p.dq_strides = q.strides, p.k_strides = p.dk_strides = k.strides;
    p.v_strides = p.dv_strides = v.strides, p.out_strides = p.d_out_strides = out.strides;
    p.d_out = d_out.values.data();

    constexpr double subnormal = 64 * 0x1p-126 / 0x1p-24;
    std::vector<double> scale_q(of_queries.values.size(), subnormal), scale_k(of_keys.values.size(), subnormal), scale_v = scale_k;
    const HeadStrides by_query = q.strides.resolved(f.heads, f.queries, f.width),
                      by_key = k.strides.resolved(f.heads, f.keys, f.width);
    const double factor = double(f.factor());
    for (std::int64_t b = 0; b < f.batch; ++b)
        for (std::int64_t h = 0; h < f.heads; ++h)
            for (std::int64_t i = 0; i < f.queries; ++i) {
                const Seen seen = seen_by(f, b, h, i);
                const double r = seen.roundings + std::abs(seen.log_sum), m = std::sqrt(double(std::max(f.keys, f.queries)));
                const float *g = p.d_out_of(b, h)[i], *o = f.out_of(b, h)[i];
                const double mean = dot(g, o, f.width), norms = norm(g, f.width) * norm(o, f.width);
                for (std::int64_t j = 0; j < f.seen(i); ++j) {
                    const float *kj = f.k_of(b, h)[j], *vj = f.v_of(b, h)[j];
                    const double slope = std::abs(dot(g, vj, f.width) - mean), share = seen.shares[std::size_t(j)];
                    const double e = share * ((r + m) * slope + norm(g, f.width) * norm(vj, f.width) + norms);
                    const std::size_t at_q = std::size_t(b * by_query.batch + h * by_query.head + i * by_query.row),
                                      at_k = std::size_t(b * by_key.batch + h * by_key.head + j * by_key.row);
                    for (std::size_t c = 0; c < std::size_t(f.width); ++c) {
                        scale_q[at_q + c] += 8 * factor * e * std::abs(double(kj[c]));
                        scale_k[at_k + c] += 8 * factor * e * std::abs(double(f.q_of(b, h)[i][c]));
                        scale_v[at_k + c] += 8 * share * (r + m) * std::abs(double(g[c]));
                    }
                }
            }
    Case<AttentionBackward> test("gradient, " + describe(f), p);
    test.input(&AttentionBackward::q, q.values).input(&AttentionBackward::k, k.values);
    test.input(&AttentionBackward::v, v.values).input(&AttentionBackward::out, out.values);
    test.input(&AttentionBackward::log_sum, log_sum).input(&AttentionBackward::d_out, d_out.values);
    return test.output(&AttentionBackward::dq, of_queries.values, scale_q)
        .output(&AttentionBackward::dk, of_keys.values, scale_k)
        .output(&AttentionBackward::dv, of_keys.values, scale_v);
}

}  // namespace kbk::test
