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

/// Copy a panel whose rows lie across the operand's: transpose squares. A row of squares may reach past the end of the
/// panel's row into the next one, which is written later; so the last rows are left to a plain loop.
/// @tparam padded width of the panel
/// @param x     the operand, from the panel's first element on, with along = 1
/// @param k     rows of the panel
/// @param panel receives k rows of `padded` elements
template <int padded>
void pack_across(const Operand& x, std::int64_t k, float* panel) {
    constexpr int squares = (padded + quad - 1) / quad;
    std::int64_t l = 0;
    for (; l + 2 * quad <= k && x.along == 1; l += quad) {
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
    for (; l < k; ++l)
        for (int r = 0; r < padded; ++r) panel[l * padded + r] = x.data[l * x.along + r * x.across];
}

// [matmul_pack]
/// Copy a block of an operand into panels, one after the other: element (l, r) of the block becomes element
/// l * padded + r % padded of panel r / padded, which begins at panels + (r / padded) * padded * k.
/// @tparam padded width of a panel: tile_rows for A, tile_columns for B; zeros fill the last one
/// @param x      the operand, from the block's first element on
/// @param k      the block's length along the sums
/// @param width  its length across
/// @param panels receives k * round_up(width, padded) elements
template <int padded>
void pack(const Operand& x, std::int64_t k, std::int64_t width, float* panels) {
    const std::int64_t whole = width / padded * padded;
    if (x.across == 1) {
        // Rows lie as the panels want them: deal each out, so that memory is read along its rows.
        for (std::int64_t l = 0; l < k; ++l)
            for (std::int64_t r = 0; r < whole; r += padded)
                std::copy_n(x.data + l * x.along + r, padded, panels + r * k + l * padded);
    } else {
        for (std::int64_t r = 0; r < whole; r += padded) pack_across<padded>(x.from(0, r), k, panels + r * k);
    }

    // Fill the last panel with zeros.
    const std::int64_t rest = width - whole;
    for (std::int64_t l = 0; l < (rest ? k : 0); ++l)
        for (std::int64_t r = 0; r < padded; ++r)
            panels[whole * k + l * padded + r] = r < rest ? x.data[l * x.along + (whole + r) * x.across] : 0.0f;
}
// [matmul_pack]

}  // namespace kbk::cpu
