/// @file
/// Packing: copies of parts of A and B, in the order in which the micro-kernel reads them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/matmul/matmul.hpp"
#include "kernels/matmul/microkernel.hpp"

namespace kbk::cpu {

/// One operand as the packing sees it: element (l, r) at data[l * along + r * across], where l runs along the sums and r
/// along a row of the micro-kernel's tile (for B), or down a column of it (for A).
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

/// Four floats: the transpose works on squares of 4 x 4, for which every processor's interleaving means the same.
using Quad = xsimd::make_sized_batch_t<float, 4>;
constexpr int quad = 4;

/// Transpose a square in registers. Each of its two rounds deals the rows like a pack of cards: it interleaves the upper
/// half with the lower half.
/// @param x rows; element j of row i becomes element i of row j
inline void transpose(Quad (&x)[quad]) {
    const Quad y[quad] = {xsimd::zip_lo(x[0], x[2]), xsimd::zip_hi(x[0], x[2]),
                          xsimd::zip_lo(x[1], x[3]), xsimd::zip_hi(x[1], x[3])};
    x[0] = xsimd::zip_lo(y[0], y[2]), x[1] = xsimd::zip_hi(y[0], y[2]);
    x[2] = xsimd::zip_lo(y[1], y[3]), x[3] = xsimd::zip_hi(y[1], y[3]);
}

// [matmul_pack]
/// Copy a panel: panel[l * padded + r] = the operand's element (l, r), and zeros for r from `width` on.
/// @tparam padded width of the panel: tile_rows for A, tile_columns for B
/// @param x     the operand, from the panel's first element on
/// @param k     rows of the panel
/// @param width columns of the panel that exist, at most `padded`
/// @param panel receives k rows of `padded` elements
template <int padded>
void pack(const Operand& x, std::int64_t k, std::int64_t width, float* panel) {
    std::int64_t l = 0;
    if (width == padded && x.across == 1) {
        // Whole rows that lie as the panel wants them.
        for (; l < k; ++l) std::copy_n(x.data + l * x.along, padded, panel + l * padded);
    } else if (width == padded && x.along == 1) {
        // Rows that lie across: transpose squares. A vector may reach past the end of its row into the next, which is
        // written later; so the last rows are left to the plain loop below.
        constexpr int squares = (padded + quad - 1) / quad;
        for (; l + 2 * quad <= k; l += quad) {
            Quad square[squares][quad];
#pragma GCC unroll 8
            for (int s = 0; s < squares; ++s) {
#pragma GCC unroll 4
                for (int r = 0; r < quad; ++r)
                    square[s][r] = Quad::load_unaligned(x.data + std::min(s * quad + r, padded - 1) * x.across + l);
                transpose(square[s]);
            }
#pragma GCC unroll 4
            for (int r = 0; r < quad; ++r)
#pragma GCC unroll 8
                for (int s = 0; s < squares; ++s) square[s][r].store_unaligned(panel + (l + r) * padded + s * quad);
        }
    }
    for (; l < k; ++l)
        for (std::int64_t r = 0; r < padded; ++r)
            panel[l * padded + r] = r < width ? x.data[l * x.along + r * x.across] : 0.0f;
}
// [matmul_pack]

}  // namespace kbk::cpu
