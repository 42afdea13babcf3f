/// @file
/// matmul/cpu/small: products that fit the caches, in one thread and without copies.
///
/// *Change*: from the threaded rung, everything that prepares is left out: no panels, no plan, no thread is
/// woken. *Why*: a copy of B costs k n steps and repays itself over m rows; where m is small, or where A and B
/// lie in the caches anyway, it never does. Waking a thread takes as long as a product of 64 x 64 matrices.
/// Batches, transposes and the epilogue are part of the work; the products of a batch are shared among
/// threads. Predicted: the speed of the micro-kernel, less what its first and last steps cost: a fifth of it
/// at k = 64. *Limits*: products of few operations. *Next*: matvec, for a vector times a matrix.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// [matmul_small]
/// One product: the micro-kernel reads A and B as they lie. Columns of B that end within a vector, and all of
/// a transposed B, are copied, since vectors lie along rows.
/// @param p        the product
/// @param panels_b room for the columns that are copied
void multiply_small(const Matmul& p, float* panels_b) {
    if (p.m == 0 || p.n == 0) return;
    const std::int64_t whole = p.n % lanes ? p.n / tile_columns * tile_columns : p.n;
    const std::int64_t direct = p.transpose_b ? 0 : whole;
    const Operand a = operand_a(p), b = operand_b(p);
    pack<tile_columns>(b.from(0, direct), p.k, p.n - direct, panels_b);

    // Cut columns and rows evenly, so that the last tile is not much smaller than the others: its beginning and end take as
    // long as theirs. Narrow tiles are taller.
    const auto evenly = [](std::int64_t size, std::int64_t most) { return divide_up(size, divide_up(size, most)); };
    const std::int64_t width = direct == p.n ? evenly(divide_up(p.n, lanes), tile_vectors) * lanes : tile_columns;
    for (std::int64_t j = 0; j < p.n; j += width) {
        const std::int64_t columns = std::min(width, p.n - j), rows = evenly(p.m, tile_sums / divide_up(columns, lanes));
        for (std::int64_t i = 0; i < p.m; i += rows)
            compute_tile({.k = p.k,
                          .a = a.from(0, i).data,
                          .a_row = a.across,
                          .a_step = a.along,
                          .b = j < direct ? b.from(0, j).data : panels_b + (j - direct) * p.k,
                          .b_step = j < direct ? b.along : tile_columns,
                          .c = p.c + i * p.stride_c() + j,
                          .c_row = p.stride_c(),
                          .beta = p.beta},
                         std::min(rows, p.m - i), columns);
    }
    apply_epilogue(p);
}
// [matmul_small]

}  // namespace

void small(const Matmul& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const std::int64_t count = p.batch.count(), room = round_up(p.n, tile_columns) * p.k;
    if (count == 1) return multiply_small(p, scratch.take<float>(room));

    // Share the products of a batch in groups of equal work, whose number depends on the batch alone.
    const std::int64_t groups = std::min<std::int64_t>(count, 64);
    float* panels_b = scratch.take<float>(groups * room);
    parallel_for(groups, [&](std::int64_t group) {
        for (std::int64_t item = count * group / groups; item < count * (group + 1) / groups; ++item)
            multiply_small(p.item(item), panels_b + group * room);
    });
}

}  // namespace kbk::cpu
