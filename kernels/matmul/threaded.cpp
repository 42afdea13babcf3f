/// @file
/// matmul/cpu/threaded: the packed rung on all cores, for every kind of product.
///
/// *Change*: C is cut into tiles that threads take one after the other. Each tile packs its columns of B for
/// itself; a block of A, which many tiles need, is packed once, by the first thread that comes to it.
/// Batches, small and thin products and the epilogue are part of the work. *Why*: a tile of C depends on
/// nothing but A and B, so threads meet only when a block of A is being packed, and at the end. The epilogue
/// finds its elements still in the cache. Packing is left out where an operand is used too few times to repay
/// the copy. Predicted: the packed rung's speed times the number of cores, and no less than it on one.
/// *Limits*: no sum is split between threads, so a product with few elements and a long k runs on few cores.
/// *Next*: xtensor, the first of the libraries.
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/matvec.hpp"
#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// A block of A, at most 96 x 256 floats, takes 96 KiB of the second-level cache, beside a block of B.
constexpr std::int64_t most_rows = 96;
// A block of B, at most 256 x 288 floats, takes 288 KiB of the second-level cache.
constexpr std::int64_t most_panels = 288 / tile_columns;
// Blocks of rows in a tile: each tile packs its columns of B again, at the price of some ten rows' work.
constexpr std::int64_t most_blocks = 11;
// Tiles to cut a product into, where it is large enough, so that all threads end at about the same time.
constexpr std::int64_t enough_tiles = 16;
// A B of at most 256 KiB stays in the second-level cache; with few rows of A, packing it does not pay.
constexpr std::int64_t small_b = 64 * 1024, few_rows = 16;
// Work that repays the start of one more thread: some ten microseconds.
constexpr double worker_flops = 1e6;

constexpr std::int64_t divide_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step;
}

/// A range of rows, columns or steps of k.
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

/// How a product is cut and packed: a function of the problem alone.
struct Plan {
    explicit Plan(const Matmul& p)
        : packs_a(p.n > 2 * tile_columns),
          packs_b(p.transpose_b || p.m > (p.k * p.n <= small_b ? few_rows : tile_rows)),
          blocks_k(std::max<std::int64_t>(1, divide_up(p.k, block_k))),
          blocks_m(divide_up(p.m, most_rows)),
          tiles_m(divide_up(blocks_m, most_blocks)) {
        const std::int64_t panels = divide_up(p.n, tile_columns);
        tiles_n = std::clamp(divide_up(enough_tiles, p.batch.count() * tiles_m),
                             divide_up(panels, most_panels), panels);
        columns = divide_up(panels, tiles_n) * tile_columns;
    }

    bool packs_a, packs_b;            ///< whether an operand is used often enough to repay its packing
    std::int64_t blocks_k, blocks_m;  ///< blocks that A is cut into, across and down
    std::int64_t tiles_m,
        tiles_n;           ///< tiles that C is cut into, down and across; a tile has whole blocks of rows
    std::int64_t columns;  ///< columns of the widest tile
};

/// All of op(A), packed block by block when first asked for.
class PackedA {
  public:
    PackedA(const Matmul& p, const Plan& plan, Scratch& scratch)
        : p_(p),
          plan_(plan),
          size_(round_up(p.m, tile_rows) * p.k),
          panels_(scratch.take<float>(p.batch.count() * size_)),
          states_(scratch.take<int>(p.batch.count() * plan.blocks_k * plan.blocks_m)) {
        std::fill_n(states_, p.batch.count() * plan.blocks_k * plan.blocks_m, untouched);
    }

    /// @param item, k, rows which product of the batch, and the block's numbers across and down
    /// @return the block's panels, packed by this thread or another
    const float* block(std::int64_t item, std::int64_t k, std::int64_t rows) const {
        const Range ls = part_of(p_.k, 1, plan_.blocks_k, k),
                    is = part_of(p_.m, tile_rows, plan_.blocks_m, rows);
        float* panels = panels_ + item * size_ + ls.begin * round_up(p_.m, tile_rows) + is.begin * ls.size();

        const std::atomic_ref<int> state(states_[(item * plan_.blocks_k + k) * plan_.blocks_m + rows]);
        int expected = untouched;
        if (state.compare_exchange_strong(expected, in_work)) {
            pack<tile_rows>(operand_a(p_.item(item)).from(ls.begin, is.begin), ls.size(), is.size(), panels);
            state.store(done, std::memory_order_release);
        }
        while (state.load(std::memory_order_acquire) != done) std::this_thread::yield();
        return panels;
    }

  private:
    static constexpr int untouched = 0, in_work = 1, done = 2;
    const Matmul& p_;
    const Plan& plan_;
    std::int64_t size_;  // floats of one product's panels
    float* panels_;
    int* states_;
};

/// Compute rows x columns of C from one block of k.
void multiply_block(const Matmul& p, const Plan& plan, Range rows, Range columns, Range ls,
                    const float* panels_a, const float* panels_b, std::int64_t direct) {
    const Operand a = operand_a(p), b = operand_b(p);
    for (std::int64_t j = columns.begin; j < columns.end; j += tile_columns) {
        const bool packed_b = j - columns.begin >= direct;
        for (std::int64_t i = rows.begin; i < rows.end; i += tile_rows)
            compute_tile(
                {.k = ls.size(),
                 .a = plan.packs_a ? panels_a + (i - rows.begin) * ls.size() : a.from(ls.begin, i).data,
                 .a_row = plan.packs_a ? 1 : a.across,
                 .a_step = plan.packs_a ? tile_rows : a.along,
                 .b = packed_b ? panels_b + (j - columns.begin) * ls.size() : b.from(ls.begin, j).data,
                 .b_step = packed_b ? tile_columns : b.along,
                 .c = p.c + i * p.stride_c() + j,
                 .c_row = p.stride_c(),
                 .beta = ls.begin == 0 ? p.beta : 1.0f},
                std::min<std::int64_t>(tile_rows, rows.end - i),
                std::min<std::int64_t>(tile_columns, columns.end - j));
    }
}

/// Apply the epilogue on rows x columns of C.
void finish_block(const Matmul& p, Range rows, Range columns) {
    Matmul part = p;
    part.c += rows.begin * p.stride_c() + columns.begin;
    part.ldc = p.stride_c();
    part.m = rows.size();
    part.n = columns.size();
    if (part.epilogue.bias) part.epilogue.bias += columns.begin;
    apply_epilogue(part);
}

double flops(const Matmul& p) {
    return 2.0 * double(p.m) * double(p.n) * double(p.k) * double(p.batch.count());
}

/// Products of one row and a matrix, cut into ranges of columns.
/// @param p a batch with m = 1
void threaded_matvec(const Matmul& p, Scratch& scratch) {
    // Gather rows of A that are stored as columns.
    const Scratch::Frame frame(scratch);
    const bool gathers = p.transpose_a && p.stride_a() != 1;
    float* gathered = gathers ? scratch.take<float>(p.batch.count() * p.k) : nullptr;
    if (gathers)
        for (std::int64_t item = 0; item < p.batch.count(); ++item)
            for (std::int64_t l = 0; l < p.k; ++l)
                gathered[item * p.k + l] = p.item(item).a[l * p.stride_a()];

    // Memory is the limit: a thread repays its start with fewer operations than elsewhere.
    const std::int64_t parts =
        std::min(divide_up(enough_tiles, p.batch.count()), divide_up(p.n, tile_columns));
    const auto body = [&](std::int64_t task) {
        const std::int64_t item = task / parts;
        Matmul q = p.item(item);
        if (gathers) q.a = gathered + item * p.k;
        const Range columns = part_of(p.n, tile_columns, parts, task % parts);
        p.transpose_b ? row_times_columns(q, columns.begin, columns.end)
                      : row_times_rows(q, columns.begin, columns.end);
        finish_block(q, {0, 1}, columns);
    };
    const std::int64_t tasks = p.batch.count() * parts;
    if (flops(p) >= worker_flops / 2) return parallel_for(tasks, body);
    for (std::int64_t task = 0; task < tasks; ++task) body(task);
}

/// @param p a product with n = 1
/// @return its transpose, a product with m = 1, without the epilogue
Matmul transposed(const Matmul& p) {
    Matmul q = p;
    q.a = p.b, q.transpose_a = !p.transpose_b, q.lda = p.stride_b();
    q.b = p.a, q.transpose_b = !p.transpose_a, q.ldb = p.stride_a();
    q.m = 1, q.n = p.m, q.ldc = p.m;
    std::swap(q.batch.outer_a, q.batch.outer_b);
    std::swap(q.batch.inner_a, q.batch.inner_b);
    q.epilogue = {};
    return q;
}

}  // namespace

// [matmul_threaded]
void threaded(const Matmul& p, Scratch& scratch) {
    if (p.m == 0 || p.n == 0 || p.batch.count() == 0) return;
    if (p.m == 1) return threaded_matvec(p, scratch);
    if (p.n == 1 && p.stride_c() == 1) {
        threaded_matvec(transposed(p), scratch);
        for (std::int64_t item = 0; item < p.batch.count(); ++item) apply_epilogue(p.item(item));
        return;
    }
    const Plan plan(p);
    const std::int64_t tiles = plan.tiles_m * plan.tiles_n, tasks = p.batch.count() * tiles;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(flops(p) / worker_flops), 1,
                                                          std::min<std::int64_t>(threads(), tasks));

    // Take all memory before the threads start.
    const Scratch::Frame frame(scratch);
    std::optional<PackedA> packed_a;
    if (plan.packs_a) packed_a.emplace(p, plan, scratch);
    float* all_panels_b = scratch.take<float>(workers * plan.columns * block_k);

    // Each worker takes the next tile until none is left. Who computes a tile does not change it.
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* panels_b = all_panels_b + worker * plan.columns * block_k;
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t item = task / tiles, tile = task % tiles;
            const Matmul q = p.item(item);
            const Range columns = part_of(p.n, tile_columns, plan.tiles_n, tile / plan.tiles_m);
            const Range blocks = part_of(plan.blocks_m, 1, plan.tiles_m, tile % plan.tiles_m);

            for (std::int64_t step = 0; step < plan.blocks_k; ++step) {
                // Pack the tile's columns, or of a B as it is only a last panel that ends within a vector.
                const Range ls = part_of(p.k, 1, plan.blocks_k, step);
                const std::int64_t rest = columns.size() % lanes ? columns.size() % tile_columns : 0;
                const std::int64_t direct = plan.packs_b ? 0 : columns.size() - rest;
                pack<tile_columns>(operand_b(q).from(ls.begin, columns.begin + direct), ls.size(),
                                   columns.size() - direct, panels_b + direct * ls.size());

                // Begin with another block of rows than the tile before, so that threads pack different ones.
                for (std::int64_t r = 0; r < blocks.size(); ++r) {
                    const std::int64_t block_m = blocks.begin + (r + tile) % blocks.size();
                    const Range rows = part_of(p.m, tile_rows, plan.blocks_m, block_m);
                    const float* panels_a = packed_a ? packed_a->block(item, step, block_m) : nullptr;
                    multiply_block(q, plan, rows, columns, ls, panels_a, panels_b, direct);
                    if (step + 1 == plan.blocks_k && !p.epilogue.empty()) finish_block(q, rows, columns);
                }
            }
        }
    });
}
// [matmul_threaded]

}  // namespace kbk::cpu
