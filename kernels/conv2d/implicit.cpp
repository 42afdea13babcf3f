/// @file
/// conv2d/cpu/implicit: the product of im2col, whose matrix of columns never exists as a whole.
///
/// *Change*: the matrix product's micro-kernel is fed directly. For a tile's few output pixels the columns are made in
/// the first-level cache, as the packed panel that the micro-kernel reads; all filters use them, and they are gone.
/// *Why*: a product packs its operands anyway. im2col writes the columns to memory, reads them to pack them, and writes
/// them again; here each is written once. A tile may begin in one row, or image, and end in another, so small images
/// fill tiles as well as large ones. Predicted: near the speed of the matrix product; what making the columns costs
/// shows with few filters.
/// *Limits*: with one filter a group (depthwise) the micro-kernel's tiles are nearly empty.
/// *Next*: direct, which needs no columns.
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Tasks to cut the pixels into, where there are enough: all threads end at about the same time.
constexpr std::int64_t enough_tasks = 48;

// Bias and sums of one tile, filter by filter, to where each image has them.
void write_tile(const Conv2dForward& p, const Runs& runs, std::int64_t filter, std::int64_t filters, const float* sums) {
    const std::int64_t pixels = p.shape.output().count(), width = p.shape.output().width;
    for (std::int64_t k = 0; k < filters; ++k) {
        const float bias = p.bias ? p.bias[filter + k] : 0;
        const float* from = sums + k * tile_columns;
        for (const Run* run = runs.begin(); run != runs.end();) {
            // Runs of one image follow each other in memory.
            const Run& first = *run;
            std::int64_t length = 0;
            for (; run != runs.end() && run->image == first.image; ++run) length += run->length;
            float* y = p.y + (first.image * p.shape.out_channels + filter + k) * pixels + first.i * width + first.j;
            if (length == tile_columns)
                for (std::int64_t l = 0; l < tile_columns; l += lanes)
                    (Vector::load_unaligned(from + first.at + l) + bias).store_unaligned(y + l);
            else
                for (std::int64_t l = 0; l < length; ++l) y[l] = from[first.at + l] + bias;
        }
    }
}

}  // namespace

// [conv2d_implicit]
void implicit(const Conv2dForward& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.y_size() == 0) return;
    const std::int64_t filters = s.group_outputs(), taps = s.taps(), padded = round_up(filters, tile_rows);
    const std::int64_t columns = s.batch * s.output().count(), tiles = ceil_divide(columns, tile_columns),
                       tiles_at_once = ceil_divide(tiles, ceil_divide(enough_tasks, s.groups)),
                       group_tasks = ceil_divide(tiles, tiles_at_once), tasks = s.groups * group_tasks;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops), 1,
                                                          std::min<std::int64_t>(threads(), tasks));

    // Pack the filters, block of taps by block of taps.
    const Scratch::Frame frame(scratch);
    float* packed = scratch.take<float>(s.groups * padded * taps);
    parallel_for(workers == 1 ? 1 : s.groups * ceil_divide(taps, block_k), [&](std::int64_t task) {
        const std::int64_t blocks = ceil_divide(taps, block_k), all = workers == 1 ? s.groups * blocks : 1;
        for (std::int64_t b = task; b < task + all; ++b) {
            const std::int64_t g = b / blocks, l = b % blocks * block_k;
            pack<tile_rows>({p.weight + g * filters * taps + l, 1, taps}, std::min(block_k, taps - l), filters,
                            packed + g * padded * taps + l * padded);
        }
    });

    // Each worker takes the next tiles until none are left. Who computes a tile does not change it.
    const std::int64_t panel_floats = block_k * tile_columns + lanes, sum_floats = padded * tile_columns;
    float* memory = scratch.take<float>(workers * (panel_floats + sum_floats));
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* panel = memory + worker * (panel_floats + sum_floats);
        float* sums = panel + panel_floats;
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / group_tasks, first = task % group_tasks * tiles_at_once;
            const float* x = p.x + g * s.group_inputs() * s.image.count();
            for (std::int64_t tile = first; tile < std::min(first + tiles_at_once, tiles); ++tile) {
                const std::int64_t begin = tile * tile_columns, end = std::min(begin + tile_columns, columns);
                const Runs runs(s, begin, end);
                for (std::int64_t l = 0; l < taps; l += block_k) {
                    const std::int64_t k = std::min(block_k, taps - l);
                    gather_runs(s, x, p.x + s.x_size(), runs, l, l + k, panel, tile_columns);
                    for (std::int64_t i = 0; i < filters; i += tile_rows)
                        compute_tile({.k = k,
                                      .a = packed + g * padded * taps + l * padded + i * k,
                                      .a_row = 1,
                                      .a_step = tile_rows,
                                      .b = panel,
                                      .b_step = tile_columns,
                                      .c = sums + i * tile_columns,
                                      .c_row = tile_columns,
                                      .beta = l == 0 ? 0.0f : 1.0f},
                                     std::min<std::int64_t>(tile_rows, filters - i), round_up(end - begin, lanes));
                }
                write_tile(p, runs, g * filters, filters, sums);
            }
        }
    });
}
// [conv2d_implicit]

}  // namespace kbk::cpu
