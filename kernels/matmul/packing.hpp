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
    constexpr std::int64_t line = 16;
    const std::int64_t whole = width / padded * padded;
    if (x.across == 1) {
        constexpr std::int64_t rows = 4, ahead = 16;
        for (std::int64_t l = 0; l < k; l += rows)
            for (std::int64_t r = 0; r < whole; r += padded)
                for (std::int64_t s = l; s < std::min(l + rows, k); ++s) {
                    const float* later = x.data + std::min(s + ahead, k - 1) * x.along + r;
                    __builtin_prefetch(later);
                    __builtin_prefetch(later + padded - 1);
                    std::copy_n(x.data + s * x.along + r, padded, panels + r * k + s * padded);
                }
    } else {
        for (std::int64_t r = 0; r < whole; r += padded) {
            float* panel = panels + r * k;
            const std::int64_t squares = k / 4 * 4, next = std::min<std::int64_t>(padded, width - r - padded);
            for (std::int64_t l = 0; l < squares; l += line) {
                for (std::int64_t s = 0; s < next; ++s) __builtin_prefetch(x.data + (r + padded + s) * x.across + l);
#pragma GCC unroll 16
                for (int square = 0; square < padded; square += 4) {
                    const int s = std::min(square, padded - 4);
                    for (std::int64_t q = l; q < std::min(l + line, squares); q += 4)
                        transpose_square(x.data + (r + s) * x.across + q, x.across, panel + q * padded + s,
                                         padded);
                }
            }
            for (std::int64_t l = squares; l < k; ++l)
                for (std::int64_t s = 0; s < padded; ++s)
                    panel[l * padded + s] = x.data[l + (r + s) * x.across];
        }
    }
    if (whole == width) return;
    float* last = panels + whole * k;
    std::fill_n(last, k * padded, 0.0f);
    for (std::int64_t r = whole; r < width; ++r, ++last)
        for (std::int64_t l = 0; l < k; ++l) last[l * padded] = x.data[l * x.along + r * x.across];
}
// [matmul_pack]

}  // namespace kbk::cpu
