/// @file
/// conv2d_input_gradient/cpu/direct: each pixel's gradient is one sum, of exactly the terms that it has.
///
/// *Change*: a worker takes a few images at a time, and copies their outputs' gradient with its channels side by side. The
/// micro-kernel's tile is a few pixels times one or two vectors of input channels. Pixels that met the same taps of the filter share the pieces of their sum, so a tile
/// takes its pixels from one such class: all inner pixels, or the left edges of some images, or their upper left
/// corners.
/// *Why*: implicit multiplies the zeros around small images, and scattered adds nine times to each pixel. Here nothing
/// is multiplied that is zero by its place, whatever padding and stride, and each pixel is written once. Predicted: the
/// speed of the convolution.
/// *Limits*: for each worker, memory for the outputs' gradient of its images, and for a float of each of their pixels and
/// 32 channels: at most eight images, and only one where an image has a thousand pixels. Few input channels leave the
/// vectors empty.
/// *Next*: onednn, the unit of measurement.
#include <atomic>
#include <numeric>

#include "common/base/threads.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Pixels of a task, of whole images; and most images: a tile is then well filled even where a class has one pixel of each.
constexpr std::int64_t task_pixels = 1024, most_images = 8;

// What one row of an image met, or one column: the taps `first`, `first + step`, ..., of which the last met
// output `at`. Rows of the same class met the same taps; a linked list goes through them.
struct Met {
    std::int64_t first, count, at;
    std::int64_t next;  // of the same class, or -1
    bool leads;         // the first of its class
};

// @return from a tap to the next that meets the same pixel
std::int64_t tap_step(std::int64_t stride, std::int64_t dilation) {
    return stride / std::gcd(stride, dilation);
}

void find_classes(std::int64_t size, std::int64_t outputs, std::int64_t taps, std::int64_t stride,
                  std::int64_t padding, std::int64_t dilation, Met* met) {
    for (std::int64_t r = 0; r < size; ++r) {
        met[r] = {.first = 0, .count = 0, .at = 0, .next = -1, .leads = true};
        for (std::int64_t u = 0; u < taps; ++u) {
            const std::int64_t from = r + padding - u * dilation;
            if (from < 0 || from % stride != 0 || from / stride >= outputs) continue;
            if (met[r].count++ == 0) met[r].first = u;
            met[r].at = from / stride;
        }
        for (std::int64_t earlier = r - 1; earlier >= 0 && met[r].leads; --earlier)
            if (met[earlier].first == met[r].first && met[earlier].count == met[r].count)
                met[earlier].next = r, met[r].leads = false;
    }
}

}  // namespace

// [conv2d_input_gradient_direct]
void direct(const Conv2dInputGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.x_size() == 0) return;
    const Extent o = s.output();
    const std::int64_t filters = s.group_outputs(), channels = s.group_inputs(), kernel = s.kernel.count(),
                       sums_length = kernel * filters, pixels = s.image.count();
    const Parts parts(channels);
    const std::int64_t padded = parts.vectors * lanes,
                       at_once = std::clamp<std::int64_t>(task_pixels / pixels, 1, most_images);
    const std::int64_t blocks = ceil_divide(s.batch, at_once), tasks = blocks * s.groups;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops),
                                                          1, std::min<std::int64_t>(threads(), tasks));

    // Pack the filters turned around, so that a window runs forward: (group, part, row, column, filter,
    // channel of the part).
    const Scratch::Frame frame(scratch);
    float* packed = scratch.take<float>(s.groups * padded * sums_length);
    parallel_ranges(s.groups * parts.count, workers == 1 ? s.groups * parts.count : 1,
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i) {
                            const std::int64_t g = i / parts.count, part = i % parts.count,
                                               first = parts.begin(part) * lanes,
                                               width = parts.begin(part + 1) * lanes - first,
                                               count = std::min(width, channels - first);
                            float* to = packed + g * padded * sums_length + first * sums_length;
                            if (count < width) std::fill_n(to, width * sums_length, 0.0f);
                            for (std::int64_t k = 0; k < filters; ++k)
                                transpose(p.weight + ((g * filters + k) * channels + first) * kernel, kernel, count, kernel,
                                          to + ((kernel - 1) * filters + k) * width, -filters * width);
                        }
                    });

    Met* rows = scratch.take<Met>(s.image.height);
    Met* columns = scratch.take<Met>(s.image.width);
    find_classes(s.image.height, o.height, s.kernel.height, s.stride.height, s.padding.height,
                 s.dilation.height, rows);
    find_classes(s.image.width, o.width, s.kernel.width, s.stride.width, s.padding.width, s.dilation.width,
                 columns);
    const std::int64_t row_step = tap_step(s.stride.height, s.dilation.height),
                       column_step = tap_step(s.stride.width, s.dilation.width);

    const std::int64_t copy_floats = at_once * filters * o.count(), sum_floats = at_once * pixels * tile_vectors * lanes;
    float* memory = scratch.take<float>(workers * (copy_floats + sum_floats));
    Piece* all_pieces = scratch.take<Piece>(workers * kernel);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* dy = memory + worker * (copy_floats + sum_floats);
        float* sums = dy + copy_floats;
        Piece* pieces = all_pieces + worker * kernel;
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task % s.groups, n_begin = task / s.groups * at_once,
                               n_end = std::min(n_begin + at_once, s.batch);

            // Copy the outputs' gradient, (image, row, column, filter).
            for (std::int64_t n = n_begin; n < n_end; ++n)
                transpose<true>(p.dy + (n * s.out_channels + g * filters) * o.count(), o.count(), filters, o.count(),
                                dy + (n - n_begin) * filters * o.count(), filters);
            for (std::int64_t part = 0; part < parts.count; ++part) {
                const std::int64_t vectors = parts.begin(part + 1) - parts.begin(part), width = vectors * lanes,
                                   first = parts.begin(part) * lanes, channels_of_part = std::min(width, channels - first);
                float* dx = p.dx + (n_begin * s.in_channels + g * channels + first) * pixels;
                for (const Met* row = rows; row != rows + s.image.height; ++row)
                    for (const Met* column = columns; column != columns + s.image.width; ++column) {
                        if (!row->leads || !column->leads) continue;

                        // The pieces of a class's sum, from its last tap and first output on.
                        std::int64_t count = 0;
                        for (std::int64_t u = row->count; u-- > 0;)
                            for (std::int64_t v = column->count; v-- > 0;) {
                                const std::int64_t i = (row->count - 1 - u) * row_step * s.dilation.height /
                                                       s.stride.height,
                                                   j = (column->count - 1 - v) * column_step * s.dilation.width /
                                                       s.stride.width;
                                const std::int64_t tap = (row->first + u * row_step) * s.kernel.width +
                                                         column->first + v * column_step;
                                append(
                                    pieces, count,
                                    {(i * o.width + j) * filters, (kernel - 1 - tap) * filters * width, filters},
                                    1, width);
                            }

                        // Its pixels, tile by tile.
                        const float* a[tile_rows];
                        float* c[tile_rows];
                        std::int64_t taken = 0;
                        const auto compute = [&] {
                            compute_direct_tile({.pieces = pieces,
                                                 .count = count,
                                                 .a = a,
                                                 .a_step = 1,
                                                 .b = packed + g * padded * sums_length + first * sums_length,
                                                 .b_step = width,
                                                 .c = c,
                                                 .start = nullptr,
                                                 .add = false},
                                                taken, vectors);
                            taken = 0;
                        };
                        for (std::int64_t n = 0; n < n_end - n_begin; ++n)
                            for (std::int64_t r = row - rows; r >= 0; r = rows[r].next)
                                for (std::int64_t q = column - columns; q >= 0; q = columns[q].next) {
                                    const std::int64_t pixel = r * s.image.width + q;
                                    a[taken] = dy + ((n * o.height + rows[r].at) * o.width + columns[q].at) * filters;
                                    c[taken] = sums + (n * pixels + pixel) * width;

                                    // Ask for the memory that the tile will be written to, a line for each channel.
                                    if (taken == 0)
                                        for (std::int64_t k = 0; k < channels_of_part; ++k)
                                            __builtin_prefetch(dx + (n * s.in_channels + k) * pixels + pixel, 1);
                                    if (++taken == tile_rows) compute();
                                }
                        if (taken > 0) compute();
                    }
                for (std::int64_t n = 0; n < n_end - n_begin; ++n)
                    transpose(sums + n * pixels * width, width, pixels, channels_of_part, dx + n * s.in_channels * pixels,
                              pixels);
            }
        }
    });
}
// [conv2d_input_gradient_direct]

}  // namespace kbk::cpu
