/// @file
/// matmul/cpu/packed: five loops around a micro-kernel, on panels packed for it.
///
/// *Change*: a tile of C stays in registers while it adds up, and the parts of A and B that it needs are
/// first copied into the order in which it reads them. *Why*: the blocked rung loads and stores an element of
/// C for each multiplication; a tile in registers loads `rows + vectors` values for `rows * vectors`
/// multiply-adds. Packed panels are read front to back: no stride, no cache line half used, few pages. The
/// blocks keep a panel of B in the first-level cache, a block of A in the second, a block of B in the third
/// (Goto and van de Geijn: Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008).
/// Predicted: near the peak of one core, less what packing costs.
/// *Limits*: one product, no epilogue, one thread.
/// *Next*: threaded, which shares the tiles of C among threads.
#include <algorithm>

#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// A block of A, at most 144 x 256 floats, takes 144 KiB of the second-level cache.
constexpr std::int64_t block_m = 144 / tile_rows * tile_rows;
// A block of B, at most 256 x 3072 floats, takes 3 MiB of the third-level cache.
constexpr std::int64_t block_n = 3072 / tile_columns * tile_columns;

}  // namespace

// [matmul_packed]
void packed(const Matmul& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* panels_a = scratch.take<float>(block_m * block_k);
    float* panels_b = scratch.take<float>(std::min(round_up(p.n, tile_columns), block_n) * block_k);
    const std::int64_t last_k = std::max<std::int64_t>(p.k, 1);  // k = 0 still writes beta C

    for (std::int64_t j0 = 0; j0 < p.n; j0 += block_n)
        for (std::int64_t l0 = 0; l0 < last_k; l0 += block_k) {
            const std::int64_t n = std::min(block_n, p.n - j0), k = std::min(block_k, p.k - l0);
            pack<tile_columns>(operand_b(p).from(l0, j0), k, n, panels_b);

            for (std::int64_t i0 = 0; i0 < p.m; i0 += block_m) {
                const std::int64_t m = std::min(block_m, p.m - i0);
                pack<tile_rows>(operand_a(p).from(l0, i0), k, m, panels_a);

                // Multiply: a panel of B stays in the first-level cache while the panels of A pass by.
                for (std::int64_t j = 0; j < n; j += tile_columns)
                    for (std::int64_t i = 0; i < m; i += tile_rows)
                        compute_tile({.k = k,
                                      .a = panels_a + i * k,
                                      .a_row = 1,
                                      .a_step = tile_rows,
                                      .b = panels_b + j * k,
                                      .b_step = tile_columns,
                                      .c = p.c + (i0 + i) * p.stride_c() + j0 + j,
                                      .c_row = p.stride_c(),
                                      .beta = l0 == 0 ? p.beta : 1.0f},
                                     std::min<std::int64_t>(tile_rows, m - i),
                                     std::min<std::int64_t>(tile_columns, n - j));
            }
        }
}
// [matmul_packed]

}  // namespace kbk::cpu
