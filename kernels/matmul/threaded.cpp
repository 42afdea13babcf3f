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
#include <thread>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/five_loops.hpp"
#include "kernels/matmul/packing.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {


#ifndef MC
#define MC 144
#endif
#ifndef NC
#define NC 192
#endif
#ifndef ENOUGH
#define ENOUGH 16
#endif
constexpr std::int64_t most_rows = MC / tile_rows * tile_rows, most_columns = NC / tile_columns * tile_columns;
constexpr std::int64_t enough_tiles = ENOUGH;
constexpr double worker_flops = 1e6;

struct Range {
    std::int64_t begin, end;
    [[nodiscard]] std::int64_t size() const { return end - begin; }
};
Range part_of(std::int64_t size, std::int64_t step, std::int64_t parts, std::int64_t part) {
    const std::int64_t steps = divide_up(size, step);
    return {std::min(size, steps * part / parts * step), std::min(size, steps * (part + 1) / parts * step)};
}

struct Plan {
    explicit Plan(const Matmul& p)
        : blocks_k(std::max<std::int64_t>(1, divide_up(p.k, block_k))),
          tiles_m(divide_up(p.m, most_rows)), tiles_n(divide_up(p.n, most_columns)) {
        // Halve the larger side.
        while (p.batch.count() * tiles_m * tiles_n < enough_tiles) {
            const std::int64_t rows = p.m / tiles_m, columns = p.n / tiles_n;
            if (rows < 4 * tile_rows && columns < 4 * tile_columns) break;
            (rows * tile_columns > columns * tile_rows && rows >= 4 * tile_rows) || columns < 4 * tile_columns ? ++tiles_m : ++tiles_n;
        }
    }
    std::int64_t blocks_k, tiles_m, tiles_n;
};

template <int padded>
class Packed {
  public:
    Packed(const Matmul& p, std::int64_t width, std::int64_t blocks_k, std::int64_t blocks, Scratch& scratch)
        : k_(p.k), width_(width), blocks_k_(blocks_k), blocks_(blocks),
          size_(round_up(width, padded) * p.k),
          panels_(scratch.take<float>(p.batch.count() * size_)),
          states_(scratch.take<State>(p.batch.count() * blocks_k * blocks)) {
        std::fill_n(states_, p.batch.count() * blocks_k * blocks, State{0, 0});
    }
    const float* block(const Operand& x, std::int64_t item, std::int64_t step, std::int64_t block) const {
        const Range ls = part_of(k_, 1, blocks_k_, step), rs = part_of(width_, padded, blocks_, block);
        float* panels = panels_ + item * size_ + ls.begin * round_up(width_, padded) + rs.begin * ls.size();
        State& state = states_[(item * blocks_k_ + step) * blocks_ + block];
        const std::atomic_ref<int> claimed(state.claimed), done(state.done);
        if (done.load(std::memory_order_acquire) == pieces) return panels;
        for (int piece; (piece = claimed++) < pieces;) {
            const Range part = part_of(rs.size(), padded, pieces, piece);
            pack<padded>(x.from(ls.begin, rs.begin + part.begin), ls.size(), part.size(), panels + part.begin * ls.size());
            done.fetch_add(1, std::memory_order_release);
        }
        while (done.load(std::memory_order_acquire) != pieces) std::this_thread::yield();
        return panels;
    }
  private:
    struct State { int claimed, done; };
    static constexpr int pieces = 4;
    std::int64_t k_, width_, blocks_k_, blocks_, size_;
    float* panels_;
    State* states_;
};

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

}  // namespace

// [matmul_threaded]
void threaded(const Matmul& p, Scratch& scratch) {
    if (p.m == 0 || p.n == 0 || p.batch.count() == 0) return;
    const Plan plan(p);
    const std::int64_t tiles = plan.tiles_m * plan.tiles_n, tasks = p.batch.count() * tiles;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(flops(p) / worker_flops), 1,
                                                          std::min<std::int64_t>(threads(), tasks));
    const Scratch::Frame frame(scratch);
    const Packed<tile_rows> packed_a(p, p.m, plan.blocks_k, plan.tiles_m, scratch);
    const Packed<tile_columns> packed_b(p, p.n, plan.blocks_k, plan.tiles_n, scratch);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t) {
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t item = task / tiles, tile = task % tiles, row = tile % plan.tiles_m, column = tile / plan.tiles_m;
            const Matmul q = p.item(item);
            const Range rows = part_of(p.m, tile_rows, plan.tiles_m, row), columns = part_of(p.n, tile_columns, plan.tiles_n, column);
            for (std::int64_t step = 0; step < plan.blocks_k; ++step) {
                const std::int64_t k = part_of(p.k, 1, plan.blocks_k, step).size();
                const float* panels_a = packed_a.block(operand_a(q), item, step, row);
                const float* panels_b = packed_b.block(operand_b(q), item, step, column);
                multiply_panels<Prefetch::yes>(rows.size(), columns.size(), k, panels_a, panels_b,
                                               q.c + rows.begin * q.stride_c() + columns.begin, q.stride_c(),
                                               step == 0 ? q.beta : 1.0f);
            }
            if (!p.epilogue.empty()) finish_block(q, rows, columns);
        }
    });
}
// [matmul_threaded]

}  // namespace kbk::cpu
