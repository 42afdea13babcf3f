/// @file
/// The five loops around the micro-kernel, which the rungs packed and prefetched share.
#pragma once

#include <algorithm>

#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

/// The two inner loops: all tiles of a block of C, from packed panels. A panel of B stays near, in the first or the
/// second-level cache, while the panels of A pass by.
/// @tparam prefetch whether the micro-kernel asks for memory before it needs it
/// @param m        rows of the block
/// @param n        columns of the block
/// @param k        length of the sums
/// @param panels_a m rows of A, packed
/// @param panels_b n columns of B, packed
/// @param c        the first element of the block of C
/// @param c_row    elements from one of its rows to the next
/// @param beta     factor of the old C
template <Prefetch prefetch>
void multiply_panels(std::int64_t m, std::int64_t n, std::int64_t k, const float* panels_a, const float* panels_b,
                     float* c, std::int64_t c_row, float beta) {
    for (std::int64_t j = 0; j < n; j += tile_columns)
        for (std::int64_t i = 0; i < m; i += tile_rows)
            compute_packed_tile<prefetch>({.k = k,
                                           .a = panels_a + i * k,
                                           .a_row = 1,
                                           .a_step = tile_rows,
                                           .b = panels_b + j * k,
                                           .b_step = tile_columns,
                                           .c = c + i * c_row + j,
                                           .c_row = c_row,
                                           .beta = beta},
                                          std::min<std::int64_t>(tile_rows, m - i),
                                          std::min<std::int64_t>(tile_columns, n - j));
}

// [matmul_packed]
/// Multiply block by block: a block of A and one of B are packed, and all tiles of C to which they add are
/// computed.
/// @tparam prefetch whether the micro-kernel asks for memory before it needs it
/// @param p       one product without an epilogue
/// @param scratch lends the panels
template <Prefetch prefetch>
void five_loops(const Matmul& p, Scratch& scratch) {
    // A block of A takes 288 KiB of the second-level cache, a block of B 6 MiB of the third-level cache.
    constexpr std::int64_t block_m = round_up(144, tile_rows), block_n = round_up(3072, tile_columns);
    const Scratch::Frame frame(scratch);
    float* panels_a = scratch.take<float>(std::min(round_up(p.m, tile_rows), block_m) * block_k);
    float* panels_b = scratch.take<float>(std::min(round_up(p.n, tile_columns), block_n) * block_k);
    const std::int64_t last_k = std::max<std::int64_t>(p.k, 1);  // k = 0 still writes beta C

    for (std::int64_t j = 0; j < p.n; j += block_n)
        for (std::int64_t l = 0; l < last_k; l += block_k) {
            const std::int64_t n = std::min(block_n, p.n - j), k = std::min(block_k, p.k - l);
            pack<tile_columns>(operand_b(p).from(l, j), k, n, panels_b);

            for (std::int64_t i = 0; i < p.m; i += block_m) {
                const std::int64_t m = std::min(block_m, p.m - i);
                pack<tile_rows>(operand_a(p).from(l, i), k, m, panels_a);
                multiply_panels<prefetch>(m, n, k, panels_a, panels_b, p.c + i * p.stride_c() + j, p.stride_c(),
                                          l == 0 ? p.beta : 1.0f);
            }
        }
}
// [matmul_packed]

}  // namespace kbk::cpu
