/// @file
/// matmul/cpu/threaded: the packed rung on all cores, for every kind of product.
///
/// *Change*: C is cut into tiles that threads take one after the other; A is packed once for all of them, B by each tile
/// for itself; batches, small and thin products and the epilogue are part of the work.
/// *Why*: tiles of C depend on nothing but A and B, so that threads meet only twice, after packing A and at the end. The
/// epilogue finds its tile still in the cache. Packing is left out where an operand is used too few times to repay the copy.
/// Predicted: the packed rung's speed times the number of cores, and no less than it on one.
/// *Limits*: no sum is split between threads, so a product with few elements and a long k runs on few cores.
/// *Next*: xtensor, the first of the libraries.
#include <algorithm>
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// A panel of B, 256 x 16 floats, takes 16 KiB: half of the first-level cache, the other half for A and C.
constexpr std::int64_t block_k = 256;
// A block of A, at most 96 x 256 floats, takes 96 KiB of the second-level cache, and stays for all panels of a tile of B.
constexpr std::int64_t block_m = 96 / tile_rows * tile_rows;
// Rows of C in a task: each task packs its own columns of B, which cost 1 / rows of what they save.
constexpr std::int64_t task_m = 5 * block_m;
// Columns of C in a task: few enough for many tasks, so that all threads end at about the same time.
constexpr std::int64_t task_n = 4 * tile_columns;
// Work that repays the start of one more thread: about ten microseconds.
constexpr double worker_flops = 1e6;

constexpr std::int64_t divide_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step; }

/// Let workers take the next of the tasks until none is left. Who does which does not change what is done.
/// @param workers at least 1
/// @param tasks   number of tasks
/// @param body    callable with the worker's and the task's number
template <class Body>
void share(std::int64_t workers, std::int64_t tasks, const Body& body) {
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        for (std::int64_t task = next++; task < tasks; task = next++) body(worker, task);
    });
}

/// How one problem is cut and packed; a function of the problem alone, but for the number of workers.
struct Plan {
    explicit Plan(const Matmul& p)
        : blocks_k(std::max<std::int64_t>(1, divide_up(p.k, block_k))),
          rows(task_m),
          columns(task_n),
          packs_a(p.n > 2 * tile_columns),
          packs_b(p.transpose_b || p.m > tile_rows) {
        const double flops = 2.0 * double(p.m) * double(p.n) * double(p.k) * double(p.batch.count());
        workers = std::clamp<std::int64_t>(static_cast<std::int64_t>(flops / worker_flops), 1, threads());
    }

    std::int64_t blocks_k;      ///< number of blocks that k is cut into, as equal as can be
    std::int64_t rows, columns; ///< of a task's tile of C
    bool packs_a, packs_b;      ///< whether an operand is used often enough to repay its packing
    std::int64_t workers;       ///< threads that have enough to do

    [[nodiscard]] std::int64_t block_begin(const Matmul& p, std::int64_t block) const { return p.k * block / blocks_k; }
};

/// Compute one tile of C, rows [i0, i1) and columns [j0, j1), over all of k.
/// @param p        one product
/// @param plan     its plan
/// @param panels_a op(A) packed, if it is
/// @param panels_b room for one block of the tile's columns of op(B)
void compute_task(const Matmul& p, const Plan& plan, const float* panels_a, float* panels_b, std::int64_t i0,
                  std::int64_t i1, std::int64_t j0, std::int64_t j1) {
    const Operand a = operand_a(p), b = operand_b(p);
    const std::int64_t padded_m = round_up(p.m, tile_rows);

    for (std::int64_t block = 0; block < plan.blocks_k; ++block) {
        const std::int64_t l0 = plan.block_begin(p, block), k = plan.block_begin(p, block + 1) - l0;

        // Pack this block of the tile's columns; of B as stored, only what does not fill a tile.
        const std::int64_t direct_n = plan.packs_b ? 0 : (j1 - j0) / tile_columns * tile_columns;
        if (direct_n < j1 - j0) pack<tile_columns>(b.from(l0, j0 + direct_n), k, j1 - j0 - direct_n, panels_b + direct_n * k);

        for (std::int64_t begin = i0; begin < i1; begin += block_m) {
            const std::int64_t end = std::min(begin + block_m, i1);
            for (std::int64_t j = j0; j < j1; j += tile_columns) {
                const std::int64_t columns = std::min<std::int64_t>(tile_columns, j1 - j);
                const bool packed_b = j - j0 >= direct_n;
                for (std::int64_t i = begin; i < end; i += tile_rows)
                    compute_tile({.k = k,
                                  .a = plan.packs_a ? panels_a + l0 * padded_m + i * k : a.from(l0, i).data,
                                  .a_row = plan.packs_a ? 1 : a.across,
                                  .a_step = plan.packs_a ? tile_rows : a.along,
                                  .b = packed_b ? panels_b + (j - j0) * k : b.from(l0, j).data,
                                  .b_step = packed_b ? tile_columns : b.along,
                                  .c = p.c + i * p.stride_c() + j,
                                  .c_row = p.stride_c(),
                                  .beta = block == 0 ? p.beta : 1.0f},
                                 std::min<std::int64_t>(tile_rows, end - i), columns);
            }

            // Finish these rows while they are in the cache.
            if (block + 1 == plan.blocks_k && !p.epilogue.empty()) {
                Matmul part = p;
                part.c += begin * p.stride_c() + j0;
                part.ldc = p.stride_c();
                part.m = end - begin;
                part.n = j1 - j0;
                if (part.epilogue.bias) part.epilogue.bias += j0;
                apply_epilogue(part);
            }
        }
    }
}

}  // namespace

// [matmul_threaded]
void threaded(const Matmul& p, Scratch& scratch) {
    if (p.m == 0 || p.n == 0 || p.batch.count() == 0) return;
    const Plan plan(p);
    const Scratch::Frame frame(scratch);

    // Pack all of A, a few panels in each task.
    const std::int64_t padded_m = round_up(p.m, tile_rows);
    float* panels_a = plan.packs_a ? scratch.take<float>(p.batch.count() * padded_m * p.k) : nullptr;
    if (plan.packs_a) {
        constexpr std::int64_t group = 4 * tile_rows;
        const std::int64_t groups = divide_up(p.m, group);
        share(plan.workers, p.batch.count() * groups, [&](std::int64_t, std::int64_t task) {
            const std::int64_t item = task / groups, begin = task % groups * group, end = std::min(begin + group, p.m);
            const Operand a = operand_a(p.item(item));
            for (std::int64_t block = 0; block < plan.blocks_k; ++block) {
                const std::int64_t l0 = plan.block_begin(p, block), k = plan.block_begin(p, block + 1) - l0;
                pack<tile_rows>(a.from(l0, begin), k, end - begin,
                                panels_a + item * padded_m * p.k + l0 * padded_m + begin * k);
            }
        });
    }

    // Compute the tiles, each worker with memory of its own for panels of B.
    const std::int64_t tiles_m = divide_up(p.m, plan.rows), tiles_n = divide_up(p.n, plan.columns);
    const std::int64_t size_b = plan.columns * block_k;
    float* panels_b = scratch.take<float>(plan.workers * size_b);
    share(plan.workers, p.batch.count() * tiles_m * tiles_n, [&](std::int64_t worker, std::int64_t task) {
        const std::int64_t item = task / (tiles_m * tiles_n), tile = task % (tiles_m * tiles_n);
        const std::int64_t i0 = tile % tiles_m * plan.rows, j0 = tile / tiles_m * plan.columns;
        compute_task(p.item(item), plan, panels_a + item * padded_m * p.k, panels_b + worker * size_b, i0,
                     std::min(i0 + plan.rows, p.m), j0, std::min(j0 + plan.columns, p.n));
    });
}
// [matmul_threaded]

}  // namespace kbk::cpu
