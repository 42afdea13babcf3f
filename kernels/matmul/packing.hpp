/// @file
/// Packing: copies of parts of A and B, in the order in which the micro-kernel reads them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/matmul/matmul.hpp"
#include "kernels/matmul/microkernel.hpp"

namespace kbk::cpu {

/// One operand as the packing sees it: element (l, r) at data[l * along + r * across], where l runs along the
/// sums and r along a row of the micro-kernel's tile (for B), or down a column of it (for A).
struct Operand {
    const float* data;
    std::int64_t along, across;

    /// @return the operand from element (l, r) on
    [[nodiscard]] Operand from(std::int64_t l, std::int64_t r) const {
        return {data + l * along + r * across, along, across};
    }
};

/// @param p a product @return op(A), with r its row
inline Operand operand_a(const Matmul& p) {
    return p.transpose_a ? Operand{p.a, p.stride_a(), 1} : Operand{p.a, 1, p.stride_a()};
}

/// @param p a product @return op(B), with r its column
inline Operand operand_b(const Matmul& p) {
    return p.transpose_b ? Operand{p.b, 1, p.stride_b()} : Operand{p.b, p.stride_b(), 1};
}

/// Transpose a square of 4 x 4 floats. Each of its two rounds deals the rows like a pack of cards: it
/// interleaves the upper half with the lower half.
/// @param from        the square's first element
/// @param from_stride elements from one of its rows to the next
/// @param to          receives the transpose
/// @param to_stride   elements from one row of the transpose to the next
inline void transpose_square(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride) {
    using Quad = xsimd::make_sized_batch_t<float, 4>;
    const Quad x[4] = {Quad::load_unaligned(from), Quad::load_unaligned(from + from_stride),
                       Quad::load_unaligned(from + 2 * from_stride),
                       Quad::load_unaligned(from + 3 * from_stride)};
    const Quad y[4] = {xsimd::zip_lo(x[0], x[2]), xsimd::zip_hi(x[0], x[2]), xsimd::zip_lo(x[1], x[3]),
                       xsimd::zip_hi(x[1], x[3])};
    xsimd::zip_lo(y[0], y[2]).store_unaligned(to);
    xsimd::zip_hi(y[0], y[2]).store_unaligned(to + to_stride);
    xsimd::zip_lo(y[1], y[3]).store_unaligned(to + 2 * to_stride);
    xsimd::zip_hi(y[1], y[3]).store_unaligned(to + 3 * to_stride);
}

// [matmul_transpose]
/// Transpose four rows of eight floats. Two rounds of shuffles exchange elements within each half of the
/// vectors, so that no element has to cross the middle, which takes longer.
/// @param from        the first row
/// @param from_stride elements from one row to the next
/// @param to          receives eight rows of four floats
/// @param to_stride   elements from one of those to the next
inline void transpose_rows(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride) {
    // Compilers split these vectors in two where registers are shorter.
    using Eight [[gnu::vector_size(32), gnu::aligned(4)]] = float;
    using Four [[gnu::vector_size(16), gnu::aligned(4)]] = float;
    const auto row = [&](int i) { return *reinterpret_cast<const Eight*>(from + i * from_stride); };
    const Eight a = row(0), b = row(1), c = row(2), d = row(3);
    const Eight ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    const Eight cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
    const Eight ab_later = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    const Eight cd_later = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    const auto store = [&](int l, Eight columns) {
        *reinterpret_cast<Four*>(to + l * to_stride) = __builtin_shufflevector(columns, columns, 0, 1, 2, 3);
        *reinterpret_cast<Four*>(to + (l + 4) * to_stride) = __builtin_shufflevector(columns, columns, 4, 5, 6, 7);
    };
    store(0, __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13));
    store(1, __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15));
    store(2, __builtin_shufflevector(ab_later, cd_later, 0, 1, 8, 9, 4, 5, 12, 13));
    store(3, __builtin_shufflevector(ab_later, cd_later, 2, 3, 10, 11, 6, 7, 14, 15));
}
// [matmul_transpose]

/// Copy part of an operand into panels of `padded` rows (or columns), each in the order in which the micro-kernel reads
/// it; what a last panel lacks is zero.
/// @tparam padded rows of a panel
/// @param x      the part
/// @param k      steps of the sum in it
/// @param width  its rows (or columns)
/// @param panels receives k numbers for each row, the last panel's missing ones included
// [matmul_pack]
template <int padded>
void pack(const Operand& x, std::int64_t k, std::int64_t width, float* panels) {
    static_assert(padded >= 4);
    const std::int64_t whole = width / padded * padded;
    if (x.across == 1) {
        // Rows lie as the panels want them. Copy strips of at least two cache lines, so that whole lines are used.
        constexpr std::int64_t strip = round_up(32, padded);
        for (std::int64_t first = 0; first < whole; first += strip)
            for (std::int64_t l = 0; l < k; ++l)
                for (std::int64_t r = first; r < std::min(first + strip, whole); r += padded)
                    std::copy_n(x.data + l * x.along + r, padded, panels + r * k + l * padded);
    } else {
        // Transpose squares of a cache line each way: each line is read, and where it can be written, at once.
        constexpr std::int64_t line = 16;
        const std::int64_t eights = k / 8 * 8, fours = k / 4 * 4;
        for (std::int64_t r = 0; r < whole; r += padded)
            for (std::int64_t group = 0; group < padded; group += line)
                for (std::int64_t l = 0; l < k; l += line)
                    for (std::int64_t row = group; row < std::min<std::int64_t>(group + line, padded); row += 4) {
                        // Where four do not divide the panel, its last rows are copied twice.
                        const std::int64_t s = std::min<std::int64_t>(row, padded - 4);
                        const Operand rows = x.from(0, r + s);
                        float* panel = panels + r * k + s;
                        const std::int64_t end = std::min(l + line, k);
                        std::int64_t q = l;
                        for (; q < std::min(end, eights); q += 8)
                            transpose_rows(rows.data + q, x.across, panel + q * padded, padded);
                        for (; q < std::min(end, fours); q += 4)
                            transpose_square(rows.data + q, x.across, panel + q * padded, padded);
                        for (; q < end; ++q)
                            for (std::int64_t i = 0; i < 4; ++i) panel[q * padded + i] = rows.data[q + i * x.across];
                    }
    }
    const std::int64_t rest = width - whole;
    if (rest == 0) return;
    float* last = panels + whole * k;
    const Operand x_last = x.from(0, whole);
    for (std::int64_t l = 0; l < k; ++l, last += padded) {
        if (x.across == 1)
            std::copy_n(x_last.data + l * x.along, rest, last);
        else
            for (std::int64_t r = 0; r < rest; ++r) last[r] = x_last.data[l * x.along + r * x.across];
        std::fill(last + rest, last + padded, 0.0f);
    }
}
// [matmul_pack]

}  // namespace kbk::cpu
