/// @file
/// conv2d/cpu/direct: no columns at all: windows are read where they lie.
///
/// *Change*: the images are copied once, with the channels of a pixel side by side (and their zeros around them). The
/// micro-kernel's tile is a few output pixels times one or two vectors of filters; its pixels are addresses, and a
/// window is a few straight pieces of memory behind them. The finished tiles are transposed back.
/// *Why*: implicit copies each pixel once for each tap, nine times for 3 x 3, for every tile; here it is copied once. A
/// vector of filters is full for any size of image. Predicted: near the matrix product's speed; the two transposes show
/// where the sums are short, as behind three channels.
/// *Limits*: memory for the copy, as much as the images with their padding; few filters leave the vectors empty.
/// *Next*: onednn, the unit of measurement.
#include "kernels/conv2d/direct.hpp"

#include <array>
#include <atomic>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Tasks to cut the pixels into, where there are enough: all threads end at about the same time.
constexpr std::int64_t enough_tasks = 48;

// Keep a vector in its register: the compiler would load it again for each row.
inline void hold(Vector& v) {
#if defined(__AVX512F__)
    asm("" : "+v"(v.data));
#elif defined(__SSE__)
    asm("" : "+x"(v.data));
#elif defined(__aarch64__)
    asm("" : "+w"(v.data));
#endif
}

// [conv2d_direct_kernel]
template <int rows, int vectors>
void direct_kernel(const DirectTile& t) {
    Vector sum[rows][vectors];
    const float* a[rows];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
        a[i] = t.a[i];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v)
            sum[i][v] = t.start ? Vector::load_unaligned(t.start + v * lanes) : Vector(0.0f);
    }
    const std::int64_t a_step = t.a_step, b_step = t.b_step;
    for (const Piece* piece = t.pieces; piece != t.pieces + t.count; ++piece) {
        const float* b = t.b + piece->b;
        std::int64_t at = piece->a;
#pragma GCC unroll 2
        for (std::int64_t l = piece->length; l > 0; --l, at += a_step, b += b_step) {
            Vector row_of_b[vectors];
#pragma GCC unroll 16
            for (int v = 0; v < vectors; ++v)
                row_of_b[v] = Vector::load_unaligned(b + v * lanes), hold(row_of_b[v]);
#pragma GCC unroll 16
            for (int i = 0; i < rows; ++i) {
                const Vector element_of_a(a[i][at]);
#pragma GCC unroll 16
                for (int v = 0; v < vectors; ++v)
                    sum[i][v] = xsimd::fma(element_of_a, row_of_b[v], sum[i][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) {
            float* c = t.c[i] + v * lanes;
            (t.add ? sum[i][v] + Vector::load_unaligned(c) : sum[i][v]).store_unaligned(c);
        }
}
// [conv2d_direct_kernel]

}  // namespace

void compute_direct_tile(const DirectTile& t, std::int64_t rows, std::int64_t vectors) {
    using Kernel = void (*)(const DirectTile&);
    constexpr auto kernels = []<int... index>(std::integer_sequence<int, index...>) {
        return std::array<Kernel, sizeof...(index)>{
            direct_kernel<index / tile_vectors + 1, index % tile_vectors + 1>...};
    }
    (std::make_integer_sequence<int, tile_rows * tile_vectors>());
    kernels[static_cast<std::size_t>((rows - 1) * tile_vectors + vectors - 1)](t);
}

// [conv2d_direct]
void direct(const Conv2dForward& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.y_size() == 0) return;
    const Extent o = s.output(),
                 room = {s.image.height + 2 * s.padding.height, s.image.width + 2 * s.padding.width};
    const std::int64_t filters = s.group_outputs(), channels = s.group_inputs(), taps = s.taps(),
                       kernel = s.kernel.count(), plane = room.count() * channels;
    const Parts parts(filters);
    const std::int64_t padded = parts.vectors * lanes, columns = s.batch * o.count();
    const std::int64_t at_once =
        std::min(round_up(ceil_divide(columns, ceil_divide(enough_tasks, s.groups)), tile_rows),
                 Runs::most / tile_rows * tile_rows);
    const std::int64_t ranges = ceil_divide(columns, at_once), tasks = s.groups * ranges;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops),
                                                          1, std::min<std::int64_t>(threads(), tasks));

    // Copy the images, (image, group, row, column, channel).
    const Scratch::Frame frame(scratch);
    float* x = scratch.take<float>(s.batch * s.groups * plane);
    parallel_ranges(s.batch * s.groups, workers == 1 ? s.batch * s.groups : 1,
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i)
                            channels_last(p.x + i * channels * s.image.count(), channels, s.image, s.padding,
                                          x + i * plane);
                    });

    // Pack the filters, (group, part, row, column, channel, filter of the part), and the bias.
    float* packed = scratch.take<float>(s.groups * padded * (taps + 1));
    float* bias = packed + s.groups * padded * taps;
    std::fill_n(bias, s.groups * padded, 0.0f);
    parallel_ranges(s.groups * parts.count, workers == 1 ? s.groups * parts.count : 1,
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i) {
                            const std::int64_t g = i / parts.count, part = i % parts.count,
                                               first = parts.begin(part) * lanes,
                                               width = parts.begin(part + 1) * lanes - first,
                                               count = std::min(width, filters - first);
                            float* to = packed + g * padded * taps + first * taps;
                            const float* w = p.weight + (g * filters + first) * taps;
                            for (std::int64_t tap = 0; tap < kernel; ++tap)
                                for (std::int64_t c = 0; c < channels; ++c, to += width) {
                                    for (std::int64_t k = 0; k < count; ++k)
                                        to[k] = w[k * taps + c * kernel + tap];
                                    for (std::int64_t k = count; k < width; ++k) to[k] = 0;
                                }
                            if (p.bias)
                                std::copy_n(p.bias + g * filters + first, count, bias + g * padded + first);
                        }
                    });

    // Pieces of a window, for parts of each width.
    Piece* pieces = scratch.take<Piece>(tile_vectors * kernel);
    std::int64_t counts[tile_vectors] = {};
    for (std::int64_t v = 0; v < tile_vectors; ++v)
        for (std::int64_t tap = 0; tap < kernel; ++tap) {
            const std::int64_t row = tap / s.kernel.width * s.dilation.height,
                               column = tap % s.kernel.width * s.dilation.width, b_step = (v + 1) * lanes;
            append(pieces + v * kernel, counts[v],
                   {(row * room.width + column) * channels, tap * channels * b_step, channels}, 1, b_step);
        }

    float* memory = scratch.take<float>(workers * at_once * tile_vectors * lanes);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* sums = memory + worker * at_once * tile_vectors * lanes;
        const float* windows[Runs::most];
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / ranges, begin = task % ranges * at_once,
                               end = std::min(begin + at_once, columns);

            // Where each pixel's window begins.
            const Runs runs(s, begin, end);
            for (const Run& run : runs) {
                const float* window =
                    x + (run.image * s.groups + g) * plane +
                    (run.i * s.stride.height * room.width + run.j * s.stride.width) * channels;
                for (std::int64_t l = 0; l < run.length; ++l, window += s.stride.width * channels)
                    windows[run.at + l] = window;
            }
            for (std::int64_t part = 0; part < parts.count; ++part) {
                const std::int64_t vectors = parts.begin(part + 1) - parts.begin(part),
                                   width = vectors * lanes, first = parts.begin(part) * lanes;
                for (std::int64_t q = 0; q < end - begin; q += tile_rows) {
                    const std::int64_t rows = std::min<std::int64_t>(tile_rows, end - begin - q);
                    float* c[tile_rows];
                    for (std::int64_t i = 0; i < rows; ++i) c[i] = sums + (q + i) * width;
                    compute_direct_tile({.pieces = pieces + (vectors - 1) * kernel,
                                         .count = counts[vectors - 1],
                                         .a = windows + q,
                                         .a_step = 1,
                                         .b = packed + g * padded * taps + first * taps,
                                         .b_step = width,
                                         .c = c,
                                         .start = bias + g * padded + first,
                                         .add = false},
                                        rows, vectors);
                }

                // Back to where each image has them. Runs of one image follow each other in memory.
                for (const Run* run = runs.begin(); run != runs.end();) {
                    const Run& head = *run;
                    std::int64_t length = 0;
                    for (; run != runs.end() && run->image == head.image; ++run) length += run->length;
                    transpose(sums + head.at * width, width, length, std::min(width, filters - first),
                              p.y + (head.image * s.out_channels + g * filters + first) * o.count() +
                                  head.i * o.width + head.j,
                              o.count());
                }
            }
        }
    });
}
// [conv2d_direct]

}  // namespace kbk::cpu
