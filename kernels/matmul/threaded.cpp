/// @file
/// matmul/cpu/threaded: panels and tiles shared among all cores, for every kind of product.
///
/// *Change*: C is cut into tiles that threads take one after the other. A block of A or B is packed once, by
/// the threads that need it first, and then serves all. Batches, transposes, any strides and the epilogue are
/// part of the work. *Why*: a tile of C depends on nothing but A and B, so threads meet only while a block is
/// being packed, and at the end. A tile, its blocks and its part of C fit the second-level cache of a core, so
/// C stays there over all blocks of k, and the epilogue finds it there. Predicted: the packed rung's speed
/// times the number of cores, and no less than it on one.
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

// [matmul_plan]
// A tile of C, at most 144 x 192 (108 KiB), and the block of A that it needs (216 KiB) stay in the second-level
// cache of a core, 512 KiB and more, while the block of B passes by, one panel after the other.
constexpr std::int64_t most_rows = round_up(144, tile_rows), most_columns = round_up(192, tile_columns);
// Tiles to cut a product into, where it is large enough, so that all threads end at about the same time.
constexpr std::int64_t enough_tiles = 16;
// Work that repays the start of one more thread: some ten microseconds.
constexpr double worker_flops = 1e6;

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

/// How a product is cut: a function of the problem alone.
struct Plan {
    explicit Plan(const Matmul& p)
        : blocks_k(std::max<std::int64_t>(1, divide_up(p.k, block_k))),
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

    std::int64_t blocks_k;          ///< blocks that the sums are cut into
    std::int64_t tiles_m, tiles_n;  ///< tiles that C is cut into, down and across
};
// [matmul_plan]

// [matmul_share]
/// All of op(A) or op(B) of a batch, packed block by block when first asked for.
/// @tparam padded width of a panel
template <int padded>
class SharedPanels {
  public:
    /// @param p       the product
    /// @param plan    its blocks of k
    /// @param width   m for A, n for B
    /// @param blocks  blocks that the width is cut into
    /// @param scratch lends the panels
    SharedPanels(const Matmul& p, const Plan& plan, std::int64_t width, std::int64_t blocks, Scratch& scratch)
        : k_(p.k), width_(width), blocks_k_(plan.blocks_k), blocks_(blocks) {
        const std::int64_t count = p.batch.count() * blocks_k_ * blocks_;
        panels_ = scratch.take<float>(p.batch.count() * round_up(width, padded) * k_);
        states_ = scratch.take<State>(count);
        std::fill_n(states_, count, State{0, 0});
    }

    /// @param x     the operand of product `item`
    /// @param item  which product of the batch
    /// @param step  which block of k
    /// @param block which block of the width
    /// @return its panels. Threads that ask for the same block at the same time pack it together.
    const float* get(const Operand& x, std::int64_t item, std::int64_t step, std::int64_t block) const {
        const Range ls = part_of(k_, 1, blocks_k_, step), rs = part_of(width_, padded, blocks_, block);
        float* panels = panels_ + (item * k_ + ls.begin) * round_up(width_, padded) + rs.begin * ls.size();

        State& state = states_[(item * blocks_k_ + step) * blocks_ + block];
        const std::atomic_ref<int> taken(state.taken), done(state.done);
        if (done.load(std::memory_order_acquire) == parts) return panels;
        for (int part = taken++; part < parts; part = taken++) {
            const Range some = part_of(rs.size(), padded, parts, part);
            pack<padded>(x.from(ls.begin, rs.begin + some.begin), ls.size(), some.size(),
                         panels + some.begin * ls.size());
            done.fetch_add(1, std::memory_order_release);
        }
        while (done.load(std::memory_order_acquire) != parts) std::this_thread::yield();
        return panels;
    }

  private:
    struct State {
        int taken, done;  // parts that somebody has begun to pack, and parts that are ready
    };
    static constexpr int parts = 4;  // of a block: what one thread packs while another comes
    std::int64_t k_, width_, blocks_k_, blocks_;
    float* panels_;
    State* states_;
};
// [matmul_share]

/// Apply the epilogue on rows x columns of C.
void finish_tile(const Matmul& p, Range rows, Range columns) {
    Matmul part = p;
    part.c += rows.begin * p.stride_c() + columns.begin;
    part.ldc = p.stride_c();
    part.m = rows.size();
    part.n = columns.size();
    if (part.epilogue.bias) part.epilogue.bias += columns.begin;
    apply_epilogue(part);
}

}  // namespace

// [matmul_threaded]
void threaded(const Matmul& p, Scratch& scratch) {
    if (p.m == 0 || p.n == 0 || p.batch.count() == 0) return;
    const Plan plan(p);
    const std::int64_t tiles = plan.tiles_m * plan.tiles_n, tasks = p.batch.count() * tiles;
    const double flops = 2.0 * double(p.m) * double(p.n) * double(p.k) * double(p.batch.count());
    const std::int64_t workers =
        std::clamp<std::int64_t>(std::int64_t(flops / worker_flops), 1, std::min<std::int64_t>(threads(), tasks));

    // Take all memory before the threads start.
    const Scratch::Frame frame(scratch);
    const SharedPanels<tile_rows> shared_a(p, plan, p.m, plan.tiles_m, scratch);
    const SharedPanels<tile_columns> shared_b(p, plan, p.n, plan.tiles_n, scratch);

    // Each worker takes the next tile until none is left. Who computes a tile does not change it.
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t) {
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t item = task / tiles, row = task % tiles % plan.tiles_m, column = task % tiles / plan.tiles_m;
            const Matmul q = p.item(item);
            const Range rows = part_of(p.m, tile_rows, plan.tiles_m, row);
            const Range columns = part_of(p.n, tile_columns, plan.tiles_n, column);

            for (std::int64_t step = 0; step < plan.blocks_k; ++step) {
                const float* panels_a = shared_a.get(operand_a(q), item, step, row);
                const float* panels_b = shared_b.get(operand_b(q), item, step, column);
                multiply_panels<Prefetch::yes>(rows.size(), columns.size(), part_of(p.k, 1, plan.blocks_k, step).size(),
                                               panels_a, panels_b, q.c + rows.begin * q.stride_c() + columns.begin,
                                               q.stride_c(), step == 0 ? q.beta : 1.0f);
            }
            if (!p.epilogue.empty()) finish_tile(q, rows, columns);
        }
    });
}
// [matmul_threaded]

}  // namespace kbk::cpu
