/// @file
/// conv2d/cpu/rows: vectors of neighbouring pixels, for the few channels of a picture.
///
/// *Change*: nothing is copied, nothing transposed. The micro-kernel's tile is a few filters times one or two vectors
/// of neighbouring outputs of a row. What a weight sees of them is a piece of a row of the image, read where it lies; a
/// row's last vector overlaps the one before, and writes again what is equal.
/// *Why*: behind three channels a sum has 27 terms, for which direct transposes both its factor and its result; they
/// take a quarter of its time. Here the result is written as it leaves the registers. Predicted: limited by what a row's end
/// wastes, 2 of 32 lanes for rows of 30 outputs.
/// *Limits*: stride 1, no padding, at least a vector of outputs in a row. Pixels of many channels lie far apart: direct
/// has them together, and takes those problems.
/// *Next*: onednn, the unit of measurement.
#include <array>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Work of a task: some ten microseconds, so that a task outlasts its start by far.
constexpr double task_flops = 1e6;

// Operands of one call: some filters, at one or two vectors of a row's outputs.
struct RowTile {
    const float* x;                        // the row's first window
    const std::int64_t *offsets, *column;  // from there to what each weight sees; where each vector begins
    std::int64_t taps;                     // length of the sums
    const float *weight, *bias;            // (tap, filter); (filter)
    float* y;                              // the row's first output of the first filter
    std::int64_t plane, width;             // from a filter's output to the next one's; from a row to the next
};

// [conv2d_rows_kernel]
template <int filters, int vectors>
void rows_kernel(const RowTile& t) {
    Vector sum[filters][vectors];
#pragma GCC unroll 16
    for (int k = 0; k < filters; ++k) {
        // The next row's sums will be written here.
        __builtin_prefetch(t.y + k * t.plane + t.width + t.column[vectors - 1], 1);
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) sum[k][v] = Vector(t.bias[k]);
    }
    const float* w = t.weight;
    for (std::int64_t tap = 0; tap < t.taps; ++tap, w += filters) {
        Vector seen[vectors];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) seen[v] = Vector::load_unaligned(t.x + t.offsets[tap] + t.column[v]);
#pragma GCC unroll 16
        for (int k = 0; k < filters; ++k)
#pragma GCC unroll 16
            for (int v = 0; v < vectors; ++v) sum[k][v] = xsimd::fma(Vector(w[k]), seen[v], sum[k][v]);
    }
#pragma GCC unroll 16
    for (int k = 0; k < filters; ++k)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) sum[k][v].store_unaligned(t.y + k * t.plane + t.column[v]);
}
// [conv2d_rows_kernel]

void compute_row_tile(const RowTile& t, std::int64_t filters, std::int64_t vectors) {
    using Kernel = void (*)(const RowTile&);
    constexpr auto kernels = []<int... index>(std::integer_sequence<int, index...>) {
        return std::array<Kernel, sizeof...(index)>{
            rows_kernel<index / tile_vectors + 1, index % tile_vectors + 1>...};
    }
    (std::make_integer_sequence<int, tile_rows * tile_vectors>());
    kernels[static_cast<std::size_t>((filters - 1) * tile_vectors + vectors - 1)](t);
}

}  // namespace

std::string no_rows_of_vectors(const Conv2dShape& s) {
    constexpr std::int64_t most_channels = 8;
    if (s.stride.width != 1 || s.padding != Extent{0, 0}) return "it takes windows side by side, without padding";
    if (s.output().width < lanes) return fmt::format("a row of outputs must fill a vector of {}", lanes);
    if (s.group_inputs() > most_channels)
        return fmt::format("pixels of more than {} channels lie too far apart", most_channels);
    return "";
}

// [conv2d_rows]
void rows(const Conv2dForward& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.y_size() == 0) return;
    const Extent o = s.output();
    const std::int64_t filters = s.group_outputs(), taps = s.taps(), kernel = s.kernel.count(),
                       parts = ceil_divide(filters, tile_rows);

    // Pack the filters, (group, part, tap, filter of the part), and the bias behind them.
    const Scratch::Frame frame(scratch);
    float* packed = scratch.take<float>(s.out_channels * (taps + 1));
    float* bias = packed + s.out_channels * taps;
    for (std::int64_t g = 0; g < s.groups; ++g)
        for (std::int64_t part = 0; part < parts; ++part) {
            const std::int64_t first = g * filters + filters * part / parts,
                               last = g * filters + filters * (part + 1) / parts;
            float* to = packed + first * taps;
            for (std::int64_t tap = 0; tap < taps; ++tap)
                for (std::int64_t k = first; k < last; ++k) *to++ = p.weight[k * taps + tap];
        }
    for (std::int64_t k = 0; k < s.out_channels; ++k) bias[k] = p.bias ? p.bias[k] : 0;

    // Where each weight looks, from a window's first pixel, and where the vectors of a row begin.
    std::int64_t* offsets = scratch.take<std::int64_t>(taps);
    for (std::int64_t tap = 0; tap < taps; ++tap)
        offsets[tap] = tap / kernel * s.image.count() +
                       tap % kernel / s.kernel.width * s.dilation.height * s.image.width +
                       tap % s.kernel.width * s.dilation.width;
    const std::int64_t vectors = ceil_divide(o.width, lanes);
    std::int64_t* columns = scratch.take<std::int64_t>(vectors);
    for (std::int64_t v = 0; v < vectors; ++v) columns[v] = std::min(v * lanes, o.width - lanes);

    // A task is some rows of one group of an image.
    const std::int64_t blocks = std::clamp<std::int64_t>(
        std::int64_t(cost(p).flops / double(s.batch * s.groups) / task_flops), 1, o.height);
    const std::int64_t tasks = s.batch * s.groups * blocks;
    parallel_ranges(tasks, cost(p).flops < conv2d_worker_flops ? tasks : 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t g = task / blocks % s.groups, n = task / blocks / s.groups, block = task % blocks;
            const float* x = p.x + (n * s.in_channels + g * s.group_inputs()) * s.image.count();
            for (std::int64_t part = 0; part < parts; ++part) {
                const std::int64_t first = g * filters + filters * part / parts,
                                   count = g * filters + filters * (part + 1) / parts - first;
                for (std::int64_t i = o.height * block / blocks; i < o.height * (block + 1) / blocks; ++i)
                    for (std::int64_t v = 0; v < vectors; v += tile_vectors)
                        compute_row_tile({.x = x + i * s.stride.height * s.image.width,
                                          .offsets = offsets,
                                          .column = columns + v,
                                          .taps = taps,
                                          .weight = packed + first * taps,
                                          .bias = bias + first,
                                          .y = p.y + ((n * s.out_channels + first) * o.height + i) * o.width,
                                          .plane = o.count(),
                                          .width = o.width},
                                         count, std::min<std::int64_t>(tile_vectors, vectors - v));
            }
        }
    });
}
// [conv2d_rows]

}  // namespace kbk::cpu
