/// @file
/// matmul/cpu/threaded: tiles shared among all cores, copies only where they repay, for every kind of product.
///
/// *Change*: an operand that is used by few tiles is read where it lies. For each block of k, threads first pack
/// what is to be packed, and then share the tiles of C. Batches, transposes, any strides and the epilogue are part of
/// the work. *Why*: a copy reads and writes each number, at the speed of an outer cache, and only long matrices
/// repay it. Tiles of C depend on nothing but A and B, so threads meet only twice in a block of k; each number is
/// packed once, however many threads there are, and the memory of the panels is used again for the next
/// block. Predicted: the packed rung's speed times the number of cores; on one core a few per cent more than it,
/// which is the time of its copies.
/// *Limits*: no sum is split between threads, so a product with few elements and a long k runs on few cores.
/// *Next*: small, for products that repay none of this.
#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/five_loops.hpp"

namespace kbk::cpu {

namespace {

/// A range of rows, columns, steps of k or products.
struct Range {
    std::int64_t begin, end;
    [[nodiscard]] std::int64_t size() const { return end - begin; }
};

/// @param size  length of the whole
/// @param step  parts begin at multiples of it
/// @param parts number of parts, as equal as can be
/// @param part  which of them
/// @return where it lies
Range part_of(std::int64_t size, std::int64_t step, std::int64_t parts, std::int64_t part) {
    const std::int64_t steps = divide_up(size, step);
    return {std::min(size, steps * part / parts * step), std::min(size, steps * (part + 1) / parts * step)};
}

// [matmul_plan]
// A tile of C needs at most 144 rows of A, whose block takes 288 KiB of the second-level cache of a core, 512 KiB and
// more. The panels of B pass by, one after the other.
constexpr std::int64_t most_rows = 144 / tile_rows * tile_rows, most_columns = round_up(192, tile_columns);
// Tiles to cut a product into, where it is large enough, so that all threads end at about the same time.
constexpr std::int64_t enough_tiles = 16;
// Each number of A is used by all columns of C, and each of B by all rows. From so many on, a copy costs less than the
// pages and the crowded sets of the cache that it spares; A, whose rows are read front to back, has fewer of them.
constexpr std::int64_t repays_copy_of_a = 2048, repays_copy_of_b = 1024;
// Rows of A or columns of B that a thread packs at a time.
constexpr std::int64_t piece = 96;
// Panels of so many rows and columns fit the last cache: of A and of B 4 MiB each.
constexpr std::int64_t most_part = 2048 / tile_columns * tile_columns;
// Work that repays the start of one more thread: some ten microseconds.
constexpr double worker_flops = 1e6;

/// How a product is cut: a function of the problem alone.
struct Plan {
    explicit Plan(const Matmul& p)
        : blocks_k(std::max<std::int64_t>(1, divide_up(p.k, block_k))),
          packs_a(p.n >= repays_copy_of_a),
          packs_b(p.m >= repays_copy_of_b || p.transpose_b || p.n % lanes),
          pieces_a(packs_a ? divide_up(p.m, piece) : 0),
          pieces_b(packs_b ? divide_up(p.n, piece) : 0),
          tiles_m(divide_up(p.m, most_rows)),
          tiles_n(divide_up(p.n, most_columns)) {
        // Cut the longer side once more, down to two panels, until there are enough tiles.
        while (p.batch.count() * tiles_m * tiles_n < enough_tiles) {
            const std::int64_t rows = p.m / (tiles_m + 1), columns = p.n / (tiles_n + 1);
            const bool can_m = rows >= 2 * tile_rows, can_n = columns >= 2 * tile_columns;
            if (!can_m && !can_n) break;
            ++(can_n && (columns >= rows || !can_m) ? tiles_n : tiles_m);
        }
    }

    std::int64_t blocks_k;            ///< blocks that the sums are cut into
    bool packs_a, packs_b;            ///< whether A and B are packed; vectors lie along rows of B, so a B that is
                                      ///< transposed or ends within a vector must be
    std::int64_t pieces_a, pieces_b;  ///< pieces in which they are packed
    std::int64_t tiles_m, tiles_n;    ///< tiles that C is cut into, down and across
};
// [matmul_plan]

/// @param p       one product
/// @param rows    of C
/// @param columns of C
/// @return the product that computes only these
Matmul restrict_to(const Matmul& p, const Range& rows, const Range& columns) {
    Matmul part = p;
    part.a = operand_a(p).from(0, rows.begin).data, part.lda = p.stride_a();
    part.b = operand_b(p).from(0, columns.begin).data, part.ldb = p.stride_b();
    part.c += rows.begin * p.stride_c() + columns.begin, part.ldc = p.stride_c();
    part.m = rows.size(), part.n = columns.size();
    if (part.epilogue.bias) part.epilogue.bias += columns.begin;
    return part;
}

// [matmul_in_place]
/// Add one block of k to a tile of C, where at least one operand is read as it lies.
/// @param p        the product that computes the tile
/// @param steps    the block of k
/// @param panels_a its part of A, packed; null to read A as it lies
/// @param panels_b its part of B, packed; null to read B as it lies
/// @param beta     factor of the old C
void multiply_in_place(const Matmul& p, const Range& steps, const float* panels_a, const float* panels_b, float beta) {
    const Operand a = operand_a(p), b = operand_b(p);
    for (std::int64_t j = 0; j < p.n; j += tile_columns)
        for (std::int64_t i = 0; i < p.m; i += tile_rows)
            compute_tile({.k = steps.size(),
                          .a = panels_a ? panels_a + i * steps.size() : a.from(steps.begin, i).data,
                          .a_row = panels_a ? 1 : a.across,
                          .a_step = panels_a ? tile_rows : a.along,
                          .b = panels_b ? panels_b + j * steps.size() : b.from(steps.begin, j).data,
                          .b_step = panels_b ? tile_columns : b.along,
                          .c = p.c + i * p.stride_c() + j,
                          .c_row = p.stride_c(),
                          .beta = beta},
                         std::min<std::int64_t>(tile_rows, p.m - i), std::min<std::int64_t>(tile_columns, p.n - j));
}
// [matmul_in_place]

// [matmul_threaded]
/// Multiply some products of a batch, whose panels are packed together.
/// @param p       the batch
/// @param items   which of its products
/// @param scratch lends the panels
void multiply_together(const Matmul& p, const Range& items, Scratch& scratch) {
    const Plan plan(p);
    const std::int64_t pieces = plan.pieces_a + plan.pieces_b, tiles = plan.tiles_m * plan.tiles_n;
    const std::int64_t packing = items.size() * pieces, round = packing + items.size() * tiles;
    const double flops = 2.0 * double(p.m) * double(p.n) * double(p.k) * double(items.size());
    const std::int64_t workers =
        std::clamp<std::int64_t>(std::int64_t(flops / worker_flops), 1, std::min<std::int64_t>(threads(), round - packing));

    // Take all memory before the threads start.
    const Scratch::Frame frame(scratch);
    const std::int64_t most_k = divide_up(p.k, plan.blocks_k);
    const std::int64_t size_a = round_up(p.m, tile_rows) * most_k, size_b = round_up(p.n, tile_columns) * most_k;
    float* panels_a = scratch.take<float>(plan.packs_a ? items.size() * size_a : 0);
    float* panels_b = scratch.take<float>(plan.packs_b ? items.size() * size_b : 0);

    const auto pack_piece = [&](const Matmul& q, const Range& steps, std::int64_t number, float* a, float* b) {
        const bool of_a = number < plan.pieces_a;
        const Range part = of_a ? part_of(p.m, tile_rows, plan.pieces_a, number)
                                : part_of(p.n, tile_columns, plan.pieces_b, number - plan.pieces_a);
        if (of_a)
            pack<tile_rows>(operand_a(q).from(steps.begin, part.begin), steps.size(), part.size(),
                            a + part.begin * steps.size());
        else
            pack<tile_columns>(operand_b(q).from(steps.begin, part.begin), steps.size(), part.size(),
                               b + part.begin * steps.size());
    };
    const auto multiply_tile = [&](const Matmul& q, const Range& steps, std::int64_t number, const float* a, const float* b) {
        const Range rows = part_of(p.m, tile_rows, plan.tiles_m, number % plan.tiles_m);
        const Range columns = part_of(p.n, tile_columns, plan.tiles_n, number / plan.tiles_m);
        const Matmul tile = restrict_to(q, rows, columns);
        const float beta = steps.begin == 0 ? q.beta : 1.0f;
        a += rows.begin * steps.size(), b += columns.begin * steps.size();
        if (plan.packs_a && plan.packs_b)
            multiply_panels<Prefetch::yes>(tile.m, tile.n, steps.size(), a, b, tile.c, tile.ldc, beta);
        else
            multiply_in_place(tile, steps, plan.packs_a ? a : nullptr, plan.packs_b ? b : nullptr, beta);
        if (steps.end == p.k) apply_epilogue(tile);
    };

    // A block of k is a round of tasks: first all of its panels are packed, then all tiles are multiplied. Each
    // worker takes the next task, and waits until all that it builds upon are done. Who does a task does not
    // change its result.
    std::atomic<std::int64_t> next = 0, done = 0;
    parallel_for(workers, [&](std::int64_t) {
        for (std::int64_t task = next++; task < plan.blocks_k * round; task = next++) {
            const std::int64_t begin = task / round * round, place = task - begin;
            const bool packs = place < packing;
            while (done.load(std::memory_order_acquire) < (packs ? begin : begin + packing)) std::this_thread::yield();

            const std::int64_t each = packs ? pieces : tiles, number = packs ? place : place - packing, item = number / each;
            const Matmul q = p.item(items.begin + item);
            const Range steps = part_of(p.k, 1, plan.blocks_k, task / round);
            float *a = panels_a + item * size_a, *b = panels_b + item * size_b;
            packs ? pack_piece(q, steps, number % each, a, b) : multiply_tile(q, steps, number % each, a, b);
            done.fetch_add(1, std::memory_order_release);
        }
    });
}
// [matmul_threaded]

}  // namespace

void threaded(const Matmul& p, Scratch& scratch) {
    // Multiply in parts whose panels fit the last cache: some rows and columns of C, and where these are few, of several
    // products of a batch.
    const std::int64_t together = std::max<std::int64_t>(1, 2 * most_part / std::max<std::int64_t>(1, p.m + p.n));
    for (std::int64_t i = 0; i < p.m; i += most_part)
        for (std::int64_t j = 0; j < p.n; j += most_part) {
            const Matmul part = restrict_to(p, {i, std::min(i + most_part, p.m)}, {j, std::min(j + most_part, p.n)});
            for (std::int64_t item = 0; item < p.batch.count(); item += together)
                multiply_together(part, {item, std::min(item + together, p.batch.count())}, scratch);
        }
}

}  // namespace kbk::cpu
