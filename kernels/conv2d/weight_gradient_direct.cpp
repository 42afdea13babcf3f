/// @file
/// conv2d_weight_gradient/cpu/direct: no columns: both factors are read where they lie.
///
/// *Change*: images and gradients with the channels of a pixel side by side. The micro-kernel's tile is a few
/// neighbouring weights of a filter's row times one or two vectors of filters; its sum runs along the rows of the
/// outputs' gradient, and for each weight along the same rows of the images, shifted by its tap.
/// *Why*: implicit writes each pixel once for each tap before it multiplies. Predicted: near the speed of the
/// convolution.
/// *Limits*: memory for a copy of the images with their padding, and for the chunks' gradients, at most sixteen times
/// that of the weights; few filters leave the vectors empty.
/// *Next*: onednn, the unit of measurement.
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Chunks to cut the rows into, where that leaves each some hundred microseconds of work, and sums long enough
// that adding up the chunks does not show beside them.
constexpr std::int64_t most_chunks = 16, chunk_pixels = 256;
constexpr double chunk_flops = 4e6;
// Pixels of a block, whose gradients a worker has transposed at a time.
constexpr std::int64_t block_pixels = 256;

}  // namespace

// [conv2d_weight_gradient_direct]
void direct(const Conv2dWeightGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output(),
                 room = {s.image.height + 2 * s.padding.height, s.image.width + 2 * s.padding.width};
    const std::int64_t filters = s.group_outputs(), channels = s.group_inputs(), taps = s.taps(),
                       kernel = s.kernel.count(), plane = room.count() * channels;
    const Parts parts(filters);
    const std::int64_t padded = parts.vectors * lanes, all_rows = o.count() == 0 ? 0 : s.batch * o.height;
    const std::int64_t chunks =
        std::clamp<std::int64_t>(std::min(std::int64_t(cost(p).flops / double(s.groups) / chunk_flops),
                                          all_rows * o.width / chunk_pixels),
                                 1, most_chunks);
    const std::int64_t per_chunk = ceil_divide(all_rows, chunks), tasks = s.groups * chunks;
    const std::int64_t rows_at_once =
        std::max<std::int64_t>(1, block_pixels / std::max<std::int64_t>(1, o.width));
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops),
                                                          1, std::min<std::int64_t>(threads(), tasks));

    // Copy the images, (image, group, row, column, channel).
    const Scratch::Frame frame(scratch);
    float* x = scratch.take<float>(s.batch * s.groups * plane);
    if (all_rows > 0)
        parallel_ranges(s.batch * s.groups, workers == 1 ? s.batch * s.groups : 1,
                        [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t i = begin; i < end; ++i)
                                channels_last(p.x + i * channels * s.image.count(), channels, s.image,
                                              s.padding, x + i * plane);
                        });

    // Neighbouring weights of a filter's row see neighbouring numbers, unless the filter is spread out.
    const bool spread = s.dilation.width != 1;
    const std::int64_t spans = spread ? s.kernel.count() : s.kernel.height, span = taps / spans;
    const std::int64_t tiles = ceil_divide(span, tile_rows);

    float* partial = scratch.take<float>(tasks * taps * padded);  // (group, chunk, tap, filter)
    const std::int64_t block = rows_at_once * o.width * padded;
    float* memory = scratch.take<float>(workers * block);
    Piece* all_pieces = scratch.take<Piece>(workers * rows_at_once);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* dy = memory + worker * block;
        Piece* pieces = all_pieces + worker * rows_at_once;
        std::fill_n(dy, block, 0.0f);
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / chunks, chunk = task % chunks;
            float* sums = partial + task * taps * padded;
            const std::int64_t last = std::min((chunk + 1) * per_chunk, all_rows);
            if (chunk * per_chunk >= last) std::fill_n(sums, taps * padded, 0.0f);
            for (std::int64_t begin = chunk * per_chunk; begin < last; begin += rows_at_once) {
                // Transpose the gradients of some rows, image by image; they are the pieces of the sum.
                const std::int64_t end = std::min(begin + rows_at_once, last);
                for (std::int64_t row = begin; row < end;) {
                    const std::int64_t n = row / o.height, i = row % o.height,
                                       count = std::min(o.height - i, end - row);
                    transpose(p.dy + ((n * s.out_channels + g * filters) * o.height + i) * o.width, o.count(),
                              filters, count * o.width, dy + (row - begin) * o.width * padded, padded);
                    for (std::int64_t l = 0; l < count; ++l)
                        pieces[row + l - begin] = {
                            (n * s.groups + g) * plane + (i + l) * s.stride.height * room.width * channels,
                            (row + l - begin) * o.width * padded, o.width};
                    row += count;
                }
                for (std::int64_t part = 0; part < parts.count; ++part)
                    for (std::int64_t i = 0; i < spans; ++i) {
                        const std::int64_t u = spread ? i / s.kernel.width : i,
                                           v = spread ? i % s.kernel.width : 0;
                        const float* seen =
                            x + (u * s.dilation.height * room.width + v * s.dilation.width) * channels;
                        for (std::int64_t tile = 0; tile < tiles; ++tile) {
                            const std::int64_t first = span * tile / tiles,
                                               rows = span * (tile + 1) / tiles - first;
                            const float* a[tile_rows];
                            float* c[tile_rows];
                            for (std::int64_t r = 0; r < rows; ++r) {
                                a[r] = seen + first + r;
                                c[r] = sums + (i * span + first + r) * padded + parts.begin(part) * lanes;
                            }
                            compute_direct_tile({.pieces = pieces,
                                                 .count = end - begin,
                                                 .a = a,
                                                 .a_step = s.stride.width * channels,
                                                 .b = dy + parts.begin(part) * lanes,
                                                 .b_step = padded,
                                                 .c = c,
                                                 .start = nullptr,
                                                 .add = begin != chunk * per_chunk},
                                                rows, parts.begin(part + 1) - parts.begin(part));
                        }
                    }
            }
        }
    });

    // Add up the chunks, in their order, and transpose: (row, column, channel, filter) to (filter, channel,
    // row, column).
    constexpr std::int64_t taps_at_once = 16;
    parallel_ranges(s.groups * taps, workers == 1 ? s.groups * taps : taps_at_once,
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t row = begin; row < end; ++row) {
                            const std::int64_t g = row / taps, tap = row % taps, place = tap / channels,
                                               c = tap % channels;
                            const float* first = partial + (g * chunks * taps + tap) * padded;
                            for (std::int64_t k = 0; k < filters; k += lanes) {
                                Vector sum = Vector::load_unaligned(first + k);
                                for (std::int64_t chunk = 1; chunk < chunks; ++chunk)
                                    sum += Vector::load_unaligned(first + chunk * taps * padded + k);
                                float values[lanes];
                                sum.store_unaligned(values);
                                for (std::int64_t l = 0; l < std::min<std::int64_t>(lanes, filters - k);
                                     ++l) {
                                    float& dw = p.dweight[(g * filters + k + l) * taps + c * kernel + place];
                                    dw = p.beta == 0 ? values[l] : p.beta * dw + values[l];
                                }
                            }
                        }
                    });
    sum_channels(p);
}
// [conv2d_weight_gradient_direct]

}  // namespace kbk::cpu
