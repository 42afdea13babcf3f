/// @file
/// conv2d_input_gradient/cpu/scattered: the columns' gradient in tiles that stay in the first-level cache.
///
/// *Change*: the micro-kernel computes a few rows of the columns' gradient for a few pixels; they are added to the images
/// at once.
/// *Why*: im2col writes the whole matrix to memory and reads it again to add it up. A task owns some channels of one
/// image, so no two tasks add to the same pixel, and the order of additions does not depend on the number of threads.
/// Predicted: near the matrix product's speed, less one addition for each of its results, which takes as long as several
/// multiply-adds: some tenths of the whole with 64 filters.
/// *Limits*: with few filters the additions outweigh the product.
/// *Next*: implicit, which adds nothing.
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Tasks to cut the work into, where there are enough: all threads end at about the same time.
constexpr std::int64_t enough_tasks = 48;

// Add neighbours: most runs are a vector or two, whose ends are worth half a vector.
void add(float* to, const float* from, std::int64_t count) {
    using Quad = xsimd::make_sized_batch_t<float, 4>;
    std::int64_t l = 0;
    for (; l + lanes <= count; l += lanes)
        (Vector::load_unaligned(to + l) + Vector::load_unaligned(from + l)).store_unaligned(to + l);
    for (; l + 4 <= count; l += 4)
        (Quad::load_unaligned(to + l) + Quad::load_unaligned(from + l)).store_unaligned(to + l);
    for (; l < count; ++l) to[l] += from[l];
}

// Add one row of the columns' gradient to the pixels that its tap saw.
void add_runs(const Conv2dShape& s, const Runs& runs, std::int64_t u, std::int64_t v, const float* row, float* plane) {
    for (const Run& run : runs) {
        // Without stride and padding, all outputs of the run see a pixel.
        if (s.plain()) {
            add(plane + (run.i + u * s.dilation.height) * s.image.width + run.j + v * s.dilation.width, row + run.at,
                run.length);
            continue;
        }
        const TapRow t = tap_row(s, u, v, run.i, run.j, run.j + run.length);
        float* to = plane + t.row * s.image.width + t.column;
        const float* from = row + run.at + t.begin - run.j;
        const std::int64_t count = t.end - t.begin;
        if (s.stride.width == 1)
            add(to, from, count);
        else
            for (std::int64_t l = 0; l < count; ++l) to[l * s.stride.width] += from[l];
    }
}

}  // namespace

// [conv2d_input_gradient_scattered]
void scattered(const Conv2dInputGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.x_size() == 0) return;
    const std::int64_t pixels = s.output().count(), filters = s.group_outputs(), taps = s.taps(),
                       kernel = s.kernel.count(), padded = round_up(taps, tile_rows);

    // A task is some channels of a group of one image; their taps begin at a whole tile of rows.
    const std::int64_t wanted = ceil_divide(enough_tasks, std::max<std::int64_t>(1, s.batch * s.groups)),
                       channels = round_up(ceil_divide(s.group_inputs(), wanted), tile_rows),
                       parts = ceil_divide(s.group_inputs(), channels), tasks = s.batch * s.groups * parts;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops), 1,
                                                          std::min<std::int64_t>(threads(), tasks));

    // Pack the transposed filters: taps down, filters along the sums.
    const Scratch::Frame frame(scratch);
    float* packed = scratch.take<float>(s.groups * padded * filters);
    for (std::int64_t g = 0; g < s.groups; ++g)
        for (std::int64_t l = 0; l < filters; l += block_k)
            pack<tile_rows>({p.weight + (g * filters + l) * taps, taps, 1}, std::min(block_k, filters - l), taps,
                            packed + g * padded * filters + l * padded);

    const std::int64_t panel_floats = block_k * tile_columns, tile_floats = tile_rows * tile_columns;
    const std::int64_t all_blocks = ceil_divide(filters, block_k);
    float* memory = scratch.take<float>(workers * (all_blocks * panel_floats + tile_floats));
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* panels = memory + worker * (all_blocks * panel_floats + tile_floats);
        float* tile = panels + all_blocks * panel_floats;
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t part = task % parts, g = task / parts % s.groups, n = task / parts / s.groups;
            const std::int64_t first = part * channels, last = std::min(first + channels, s.group_inputs());
            float* dx = p.dx + (n * s.in_channels + g * s.group_inputs()) * s.image.count();
            const float* dy = p.dy + (n * s.out_channels + g * filters) * pixels;
            std::fill(dx + first * s.image.count(), dx + last * s.image.count(), 0.0f);

            for (std::int64_t begin = 0; begin < pixels; begin += tile_columns) {
                const std::int64_t end = std::min(begin + tile_columns, pixels);
                const Runs runs(s, begin, end);
                for (std::int64_t l = 0; l < filters; l += block_k)
                    pack<tile_columns>({dy + l * pixels + begin, pixels, 1}, std::min(block_k, filters - l), end - begin,
                                       panels + l * tile_columns);

                for (std::int64_t i = first * kernel; i < last * kernel; i += tile_rows) {
                    const std::int64_t rows = std::min<std::int64_t>(tile_rows, last * kernel - i);
                    for (std::int64_t l = 0; l < filters; l += block_k) {
                        const std::int64_t k = std::min(block_k, filters - l);
                        compute_tile({.k = k,
                                      .a = packed + g * padded * filters + l * padded + i * k,
                                      .a_row = 1,
                                      .a_step = tile_rows,
                                      .b = panels + l * tile_columns,
                                      .b_step = tile_columns,
                                      .c = tile,
                                      .c_row = tile_columns,
                                      .beta = l == 0 ? 0.0f : 1.0f},
                                     rows, round_up(end - begin, lanes));
                    }
                    for (std::int64_t r = 0; r < rows; ++r) {
                        const std::int64_t tap = i + r, place = tap % kernel;
                        add_runs(s, runs, place / s.kernel.width, place % s.kernel.width, tile + r * tile_columns,
                                 dx + tap / kernel * s.image.count());
                    }
                }
            }
        }
    });
}
// [conv2d_input_gradient_scattered]

}  // namespace kbk::cpu
