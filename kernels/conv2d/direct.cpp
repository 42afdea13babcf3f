/// @file
/// conv2d/cpu/direct: no columns at all: windows are read where they lie.
///
/// *Change*: a worker takes a band at a time, a few images or some rows of one, and copies what the band's windows see
/// with the channels of a pixel side by side (and their zeros around them). The micro-kernel's tile is a few output
/// pixels times one or two vectors of filters; its pixels are addresses, and a window is a few straight pieces of memory
/// behind them. The finished tiles are transposed back, to memory that was asked for while they were computed.
/// *Why*: implicit copies each pixel once for each tap, nine times for 3 x 3, for every tile; here it is copied once, to
/// where the second-level cache has it. A vector of filters is full for any size of image. Predicted: near the matrix
/// product's speed; the two transposes show where the sums are short, as behind three channels.
/// *Limits*: for each worker 256 KiB for its copy (or what one row of outputs sees, where that is more) and 64 KiB for
/// sums; for all of them the packed filters. Few filters leave the vectors empty.
/// *Next*: rows, for the few channels of a picture.
#include "kernels/conv2d/direct.hpp"

#include <array>
#include <atomic>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Bands to cut the pixels into, where there are enough: all threads end at about the same time.
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
    const Extent o = s.output();
    const std::int64_t filters = s.group_outputs(), channels = s.group_inputs(), taps = s.taps(),
                       kernel = s.kernel.count();
    const Parts parts(filters);
    const std::int64_t padded = parts.vectors * lanes;
    const Bands bands(s, ceil_divide(s.batch * o.count(), ceil_divide(enough_tasks, s.groups)));
    const std::int64_t tasks = s.groups * bands.count();
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops),
                                                          1, std::min<std::int64_t>(threads(), tasks));

    // Pack the filters, (group, part, row, column, channel, filter of the part), and the bias.
    const Scratch::Frame frame(scratch);
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
                            if (count < width) std::fill_n(to, width * taps, 0.0f);
                            for (std::int64_t c = 0; c < channels; ++c)
                                transpose(w + c * kernel, taps, count, kernel, to + c * width, channels * width);
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
                   {row * bands.row_floats() + column * channels, tap * channels * b_step, channels}, 1, b_step);
        }

    // Each worker takes the next band until none are left. Who computes a band does not change it.
    constexpr std::int64_t at_once = Runs::most / tile_rows * tile_rows;
    const std::int64_t sum_floats = std::min(at_once, bands.outputs()) * tile_vectors * lanes;
    float* memory = scratch.take<float>(workers * (bands.floats() + sum_floats));
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* x = memory + worker * (bands.floats() + sum_floats);
        float* sums = x + bands.floats();
        const float* windows[Runs::most];
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / bands.count();
            const Band band = bands[task % bands.count()];
            bands.copy(p.x, g, band, x);
            const std::int64_t first_output = band.image * o.count() + band.i * o.width,
                               last_output = first_output + (band.images - 1) * o.count() + band.rows * o.width;
            for (std::int64_t begin = first_output; begin < last_output; begin += at_once) {
                const std::int64_t end = std::min(begin + at_once, last_output);

                // Where each pixel's window begins.
                const Runs runs(s, begin, end);
                for (const Run& run : runs) {
                    const float* window = x + (run.image - band.image) * bands.image_floats() +
                                          (run.i - band.i) * s.stride.height * bands.row_floats() +
                                          run.j * s.stride.width * channels;
                    for (std::int64_t l = 0; l < run.length; ++l, window += s.stride.width * channels)
                        windows[run.at + l] = window;
                }
                for (std::int64_t part = 0; part < parts.count; ++part) {
                    const std::int64_t vectors = parts.begin(part + 1) - parts.begin(part),
                                       width = vectors * lanes, first = parts.begin(part) * lanes,
                                       count = std::min(width, filters - first);
                    const auto output = [&](std::int64_t q) {
                        return p.y + (q / o.count() * s.out_channels + g * filters + first) * o.count() + q % o.count();
                    };
                    for (std::int64_t q = 0; q < end - begin; q += tile_rows) {
                        const std::int64_t rows = std::min<std::int64_t>(tile_rows, end - begin - q);
                        float* c[tile_rows];
                        for (std::int64_t i = 0; i < rows; ++i) c[i] = sums + (q + i) * width;

                        // Ask for the memory that the tile will be written to, a line for each filter.
                        for (std::int64_t k = 0; k < count; ++k)
                            __builtin_prefetch(output(begin + q + rows - 1) + k * o.count(), 1);
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
                        transpose(sums + head.at * width, width, length, count, output(begin + head.at), o.count());
                    }
                }
            }
        }
    });
}
// [conv2d_direct]

}  // namespace kbk::cpu
