/// @file
/// conv2d_weight_gradient/cpu/direct: no columns: both factors are read where they lie.
///
/// *Change*: a worker copies images and gradients with the channels of a pixel side by side, a band at a time. The micro-kernel's tile is a few
/// neighbouring weights of a filter's row times one or two vectors of filters; its sum runs along the rows of the
/// outputs' gradient, and for each weight along the same rows of the images, shifted by its tap.
/// *Why*: implicit writes each pixel once for each tap before it multiplies. Predicted: near the speed of the
/// convolution.
/// *Limits*: memory for the chunks' gradients, at most sixteen times that of the weights, and for each worker's band, about
/// 256 outputs and what they see. Few filters leave the vectors empty.
/// *Next*: onednn, the unit of measurement.
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Chunks to cut the sums into, where that leaves each some hundred microseconds of work, and sums long enough
// that adding up the chunks does not show beside them.
constexpr std::int64_t most_chunks = 16, chunk_pixels = 256;
constexpr double chunk_flops = 4e6;
// Outputs of a band: so many are transposed at a time, and added up in float.
constexpr std::int64_t band_outputs = 256;

// Add rows of whole vectors up: in float over a band, in double over all of them.
void add_rows(const float* rows, std::int64_t count, std::int64_t width, double* sums) {
    for (std::int64_t k = 0; k < width; k += lanes) {
        Vector sum(0.0f);
        for (std::int64_t i = 0; i < count; ++i) sum += Vector::load_unaligned(rows + i * width + k);
        float values[lanes];
        sum.store_unaligned(values);
        for (int l = 0; l < lanes; ++l) sums[k + l] += double(values[l]);
    }
}

}  // namespace

// [conv2d_weight_gradient_direct]
void direct(const Conv2dWeightGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    const std::int64_t filters = s.group_outputs(), channels = s.group_inputs(), taps = s.taps(),
                       kernel = s.kernel.count();
    if (s.y_size() == 0) return naive(p, scratch);  // no term: all sums are zero
    const Parts parts(filters);
    const Bands bands(s, band_outputs);
    const std::int64_t padded = parts.vectors * lanes;
    const std::int64_t chunks = std::clamp<std::int64_t>(
        std::min({std::int64_t(cost(p).flops / double(s.groups) / chunk_flops), s.batch * o.count() / chunk_pixels,
                  bands.count()}),
        1, most_chunks);
    const std::int64_t tasks = s.groups * chunks;
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops),
                                                          1, std::min<std::int64_t>(threads(), tasks));

    // Neighbouring weights of a filter's row see neighbouring numbers, unless the filter is spread out.
    const bool spread = s.dilation.width != 1;
    const std::int64_t spans = spread ? s.kernel.count() : s.kernel.height, span = taps / spans;
    const std::int64_t tiles = ceil_divide(span, tile_rows);

    const Scratch::Frame frame(scratch);
    float* partial = scratch.take<float>(tasks * taps * padded);      // (group, chunk, tap, filter)
    double* partial_bias = scratch.take<double>(tasks * padded);      // (group, chunk, filter)
    const std::int64_t gradient_floats = bands.outputs() * padded, rows_at_once = bands.outputs() / o.width;
    float* memory = scratch.take<float>(workers * (bands.floats() + gradient_floats));
    Piece* all_pieces = scratch.take<Piece>(workers * rows_at_once);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* x = memory + worker * (bands.floats() + gradient_floats);
        float* dy = x + bands.floats();
        Piece* pieces = all_pieces + worker * rows_at_once;
        std::fill_n(dy, gradient_floats, 0.0f);
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / chunks, chunk = task % chunks, begin = bands.count() * chunk / chunks,
                               end = bands.count() * (chunk + 1) / chunks;
            float* sums = partial + task * taps * padded;
            double* bias = partial_bias + task * padded;
            std::fill_n(bias, padded, 0.0);
            for (std::int64_t index = begin; index < end; ++index) {
                // Transpose the gradients of a band; their rows are the pieces of the sum.
                const Band band = bands[index];
                bands.copy(p.x, g, band, x);
                const std::int64_t outputs = band.rows * o.width;
                Piece* piece = pieces;
                for (std::int64_t n = 0; n < band.images; ++n) {
                    transpose<true>(
                        p.dy + ((band.image + n) * s.out_channels + g * filters) * o.count() + band.i * o.width, o.count(),
                        filters, outputs, dy + n * outputs * padded, padded);
                    for (std::int64_t i = 0; i < band.rows; ++i)
                        *piece++ = {n * bands.image_floats() + i * s.stride.height * bands.row_floats(),
                                    (n * outputs + i * o.width) * padded, o.width};
                }
                if (p.dbias) add_rows(dy, band.images * outputs, padded, bias);
                for (std::int64_t part = 0; part < parts.count; ++part)
                    for (std::int64_t i = 0; i < spans; ++i) {
                        const std::int64_t u = spread ? i / s.kernel.width : i,
                                           v = spread ? i % s.kernel.width : 0;
                        const float* seen = x + u * s.dilation.height * bands.row_floats() + v * s.dilation.width * channels;
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
                                                 .count = piece - pieces,
                                                 .a = a,
                                                 .a_step = s.stride.width * channels,
                                                 .b = dy + parts.begin(part) * lanes,
                                                 .b_step = padded,
                                                 .c = c,
                                                 .start = nullptr,
                                                 .add = index != begin},
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
    for (std::int64_t k = 0; p.dbias && k < s.out_channels; ++k) {
        double sum = p.beta_bias == 0 ? 0.0 : double(p.beta_bias) * double(p.dbias[k]);
        const double* first = partial_bias + k / filters * chunks * padded + k % filters;
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) sum += first[chunk * padded];
        p.dbias[k] = float(sum);
    }
}
// [conv2d_weight_gradient_direct]

}  // namespace kbk::cpu
