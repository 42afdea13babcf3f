/// @file
/// Scaled dot-product attention of each head, and its gradient: the contract of the ladders attention and
/// attention_backward.
///
/// With a query \f$q_i\f$, keys \f$k_j\f$ and values \f$v_j\f$ of one head, and the scale \f$\sigma\f$,
/// \f[ s_{ij} = \sigma\, q_i \cdot k_j, \qquad L_i = \log \sum_{j\ \text{seen by}\ i} e^{s_{ij}}, \qquad
///     p_{ij} = e^{s_{ij} - L_i}, \qquad o_i = \sum_j p_{ij} v_j. \f]
/// The gradient needs no stored \f$p\f$, since scores and \f$L_i\f$ give it back. With
/// \f$D_i = o_i \cdot \partial o_i\f$,
/// \f[ \partial s_{ij} = p_{ij} (\partial o_i \cdot v_j - D_i), \qquad
///     \partial q_i = \sigma \sum_j \partial s_{ij} k_j, \qquad
///     \partial k_j = \sigma \sum_i \partial s_{ij} q_i, \qquad
///     \partial v_j = \sum_i p_{ij} \partial o_i. \f]
/// A. Vaswani and others: Attention is all you need, 2017, equation 1; T. Dao: FlashAttention-2, 2023,
/// algorithms 1 and 2.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/base/host_device.hpp"
#include "common/ladder/ladder.hpp"

namespace kbk {

/// Where the rows of a tensor (batch, heads, rows, width) lie, in elements; each row is contiguous. All 0: packed.
struct HeadStrides {
    std::int64_t batch;  ///< from an item of the batch to the next
    std::int64_t head;   ///< from a head to the next
    std::int64_t row;    ///< from a position to the next
    bool operator==(const HeadStrides&) const = default;

    /// @param heads, rows, width sizes of the tensor
    /// @return these strides, or the packed ones if all are 0
    [[nodiscard]] KBK_HD HeadStrides resolved(std::int64_t heads, std::int64_t rows, std::int64_t width) const {
        return batch == 0 && head == 0 && row == 0 ? HeadStrides{heads * rows * width, rows * width, width} : *this;
    }
};

/// The rows of one head.
/// @tparam T scalar type, const for an input
template <class T>
struct HeadRows {
    T* data;           ///< the first row
    std::int64_t row;  ///< elements from a row to the next

    /// @param i a row @return its first element
    KBK_HD T* operator[](std::int64_t i) const { return data + i * row; }
};

/// Attend. A query that sees no key, which happens where there are more queries than keys, gets zeros, and a log_sum of
/// minus infinity. Numbers must be finite: a NaN spoils the queries that see it, and may spoil their neighbours.
/// @tparam T scalar type
template <class T>
struct BasicAttention {
    using Scalar = T;           ///< the scalar type
    const T* q;                 ///< (batch, heads, queries, width), where q_strides say
    const T* k;                 ///< (batch, heads, keys, width), where k_strides say
    const T* v;                 ///< (batch, heads, keys, width), where v_strides say
    T* out;                     ///< (batch, heads, queries, width), where out_strides say; none of the inputs
    T* log_sum;                 ///< (batch, heads, queries): L, which the gradient needs; may be null
    std::int64_t batch, heads;  ///< sizes: each pair is a problem of its own
    std::int64_t queries;       ///< positions that look
    std::int64_t keys;          ///< positions that are looked at; the last query is at the last key's position
    std::int64_t width;         ///< numbers of a query, key or value; at least 1
    bool causal = true;         ///< whether query i sees only the keys j <= i + keys - queries
    T scale = 0;                ///< factor of the dot products, positive; 0: 1 / sqrt(width)
    HeadStrides q_strides = {}, k_strides = {}, v_strides = {}, out_strides = {};  ///< in elements

    /// @return the factor of the dot products
    [[nodiscard]] KBK_HD T factor() const { return scale == 0 ? T(1) / T(std::sqrt(T(width))) : scale; }
    /// @param i a query @return how many keys it sees: the first so many
    [[nodiscard]] KBK_HD std::int64_t seen(std::int64_t i) const {
        const std::int64_t limit = causal ? i + 1 + keys - queries : keys;
        return limit < 0 ? 0 : limit;
    }
    /// @param b, h item of the batch and head @return the queries
    [[nodiscard]] KBK_HD HeadRows<const T> q_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = q_strides.resolved(heads, queries, width);
        return {q + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the keys
    [[nodiscard]] KBK_HD HeadRows<const T> k_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = k_strides.resolved(heads, keys, width);
        return {k + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the values
    [[nodiscard]] KBK_HD HeadRows<const T> v_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = v_strides.resolved(heads, keys, width);
        return {v + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the output
    [[nodiscard]] KBK_HD HeadRows<T> out_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = out_strides.resolved(heads, queries, width);
        return {out + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return its (queries) of log_sum, or null
    [[nodiscard]] KBK_HD T* log_sum_of(std::int64_t b, std::int64_t h) const {
        return log_sum ? log_sum + (b * heads + h) * queries : nullptr;
    }
};

/// Gradient of the loss by queries, keys and values, from what attention read and returned. dq, dk and dv are
/// overwritten, and none of the inputs.
/// @tparam T scalar type
template <class T>
struct BasicAttentionBackward {
    using Scalar = T;           ///< the scalar type
    const T* q;                 ///< (batch, heads, queries, width), where q_strides say
    const T* k;                 ///< (batch, heads, keys, width), where k_strides say
    const T* v;                 ///< (batch, heads, keys, width), where v_strides say
    const T* out;               ///< (batch, heads, queries, width), where out_strides say: what attention returned
    const T* log_sum;           ///< (batch, heads, queries): what attention returned
    const T* d_out;             ///< (batch, heads, queries, width), where d_out_strides say: gradient by out
    T* dq;                      ///< (batch, heads, queries, width), where dq_strides say
    T* dk;                      ///< (batch, heads, keys, width), where dk_strides say
    T* dv;                      ///< (batch, heads, keys, width), where dv_strides say
    std::int64_t batch, heads;  ///< sizes: each pair is a problem of its own
    std::int64_t queries;       ///< positions that look
    std::int64_t keys;          ///< positions that are looked at; the last query is at the last key's position
    std::int64_t width;         ///< numbers of a query, key or value; at least 1
    bool causal = true;         ///< whether query i sees only the keys j <= i + keys - queries
    T scale = 0;                ///< factor of the dot products, positive; 0: 1 / sqrt(width)
    HeadStrides q_strides = {}, k_strides = {}, v_strides = {}, out_strides = {};  ///< in elements
    HeadStrides d_out_strides = {}, dq_strides = {}, dk_strides = {}, dv_strides = {};  ///< in elements

    /// @return the forward problem that this is the gradient of, with nowhere to write its results
    [[nodiscard]] KBK_HD BasicAttention<T> forward() const {
        return {q, k, v, nullptr, nullptr, batch, heads, queries, keys, width, causal, scale, q_strides, k_strides,
                v_strides, {}};
    }
    /// @return the factor of the dot products
    [[nodiscard]] KBK_HD T factor() const { return forward().factor(); }
    /// @param i a query @return how many keys it sees: the first so many
    [[nodiscard]] KBK_HD std::int64_t seen(std::int64_t i) const { return forward().seen(i); }
    /// @param b, h item of the batch and head @return the queries
    [[nodiscard]] KBK_HD HeadRows<const T> q_of(std::int64_t b, std::int64_t h) const { return forward().q_of(b, h); }
    /// @param b, h item of the batch and head @return the keys
    [[nodiscard]] KBK_HD HeadRows<const T> k_of(std::int64_t b, std::int64_t h) const { return forward().k_of(b, h); }
    /// @param b, h item of the batch and head @return the values
    [[nodiscard]] KBK_HD HeadRows<const T> v_of(std::int64_t b, std::int64_t h) const { return forward().v_of(b, h); }
    /// @param b, h item of the batch and head @return what attention returned
    [[nodiscard]] KBK_HD HeadRows<const T> out_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = out_strides.resolved(heads, queries, width);
        return {out + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the gradient by what attention returned
    [[nodiscard]] KBK_HD HeadRows<const T> d_out_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = d_out_strides.resolved(heads, queries, width);
        return {d_out + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the gradient by the queries
    [[nodiscard]] KBK_HD HeadRows<T> dq_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = dq_strides.resolved(heads, queries, width);
        return {dq + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the gradient by the keys
    [[nodiscard]] KBK_HD HeadRows<T> dk_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = dk_strides.resolved(heads, keys, width);
        return {dk + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return the gradient by the values
    [[nodiscard]] KBK_HD HeadRows<T> dv_of(std::int64_t b, std::int64_t h) const {
        const HeadStrides s = dv_strides.resolved(heads, keys, width);
        return {dv + b * s.batch + h * s.head, s.row};
    }
    /// @param b, h item of the batch and head @return its (queries) of log_sum
    [[nodiscard]] KBK_HD const T* log_sum_of(std::int64_t b, std::int64_t h) const {
        return log_sum + (b * heads + h) * queries;
    }
};

/// The problems in float32, which the ladders compute, and their rungs.
using Attention = BasicAttention<float>;
/// @copydoc Attention
using AttentionBackward = BasicAttentionBackward<float>;
/// A rung of the forward ladder.
using AttentionRung = void(const Attention&, Scratch&);
/// A rung of the backward ladder.
using AttentionBackwardRung = void(const AttentionBackward&, Scratch&);

/// @return the ladder of attention
const Ladder<AttentionRung>& attention();
/// @return the ladder of its gradient
const Ladder<AttentionBackwardRung>& attention_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<AttentionRung>& ladder(const Attention&) {
    return attention();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<AttentionBackwardRung>& ladder(const AttentionBackward&) {
    return attention_backward();
}

/// @return pairs of a query and a key that it sees, in the whole batch: the unit of all the work
double seen_pairs(const Attention& p);

/// @return two products of `width` multiply-adds for each pair that sees; the exponentials, one for `width` times as
///         many operations, are left out, as is usual. q, k and v read once, out and log_sum written once
Cost cost(const Attention& p);
/// @return five products of `width` multiply-adds for each pair that sees; q, k, v, out, d_out and log_sum read once,
///         dq, dk and dv written once
Cost cost(const AttentionBackward& p);

/// @throws Error for a negative size, a width of 0, a null pointer, a scale that is negative or no number, a negative stride, or
///         strides with which rows of an output would lie over each other
void validate(const Attention& p);
/// @copydoc validate
void validate(const AttentionBackward& p);

}  // namespace kbk
