/// @file
/// matmul/cpu/register_tiled: the micro-kernel on A and B as they lie.
///
/// *Change*: a tile of C stays in registers while it adds up over all of k. *Why*: the blocked rung loads and
/// stores an element of C for each multiplication; a tile in registers loads `rows + vectors` values for
/// `rows * vectors` multiply-adds, and needs no other than vector instructions. Predicted: most of the peak
/// while B fits the second-level cache. Beyond, each step of k goes to another row of B, a page further on:
/// too little is used of what each fetch brings, and rows that are a power of two apart compete for the same
/// places in the cache. *Limits*: one product, no epilogue; B as stored.
/// *Next*: packed, which copies what the micro-kernel reads into the order in which it reads.
#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

// [matmul_register_tiled]
void register_tiled(const Matmul& p, Scratch& scratch) {
    // The micro-kernel reads whole vectors: a last tile that ends within one is copied, with zeros behind it.
    const std::int64_t direct = p.n % lanes ? p.n / tile_columns * tile_columns : p.n;
    const Scratch::Frame frame(scratch);
    float* last = scratch.take<float>(tile_columns * p.k);
    pack<tile_columns>(operand_b(p).from(0, direct), p.k, p.n - direct, last);

    const Operand a = operand_a(p), b = operand_b(p);
    for (std::int64_t j = 0; j < p.n; j += tile_columns)
        for (std::int64_t i = 0; i < p.m; i += tile_rows)
            compute_tile({.k = p.k,
                          .a = a.from(0, i).data,
                          .a_row = a.across,
                          .a_step = a.along,
                          .b = j < direct ? b.from(0, j).data : last,
                          .b_step = j < direct ? b.along : tile_columns,
                          .c = p.c + i * p.stride_c() + j,
                          .c_row = p.stride_c(),
                          .beta = p.beta},
                         std::min<std::int64_t>(tile_rows, p.m - i),
                         std::min<std::int64_t>(tile_columns, p.n - j));
}
// [matmul_register_tiled]

}  // namespace kbk::cpu
