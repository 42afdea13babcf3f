/// @file
/// conv2d_weight_gradient/cpu/implicit: tiles of the gradient in registers, columns and gradients made as they are needed.
///
/// *Change*: the pixels of the batch are cut into some chunks. For a block of a chunk's pixels, the columns (taps, pixels)
/// are made in the second-level cache, the outputs' gradient is transposed to (pixels, filters), and the micro-kernel adds
/// their product to the chunk's own gradient. At the end the chunks' gradients are added up, in their order.
/// *Why*: the sums run over all pixels, far more than there are weights: only by cutting the sums can all cores have work.
/// The chunks depend on the problem alone, never on the number of threads, and so does each sum. Predicted: near the
/// speed of the convolution.
/// *Limits*: memory for the chunks' gradients: at most sixteen times that of the weights.
/// *Next*: direct, which needs no columns.
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

namespace {

// Chunks to cut the pixels into, where that leaves each some hundred microseconds of work, and sums long enough that
// adding up the chunks does not show beside them.
constexpr std::int64_t most_chunks = 16, chunk_columns = 256;
constexpr double chunk_flops = 4e6;
// A block of columns takes at most 128 KiB of the second-level cache.
constexpr std::int64_t block_floats = 1 << 15;

/// Transpose part of dy: element (q, k) of the result is filter k's gradient at output q; zeros fill each row's end.
void transpose_runs(const Conv2dWeightGradient& p, const Runs& runs, std::int64_t filter, std::int64_t filters,
                    float* out, std::int64_t stride) {
    const Extent o = p.shape.output();
    for (const Run* run = runs.begin(); run != runs.end();) {
        // Runs of one image follow each other in memory.
        const Run& first = *run;
        std::int64_t length = 0;
        for (; run != runs.end() && run->image == first.image; ++run) length += run->length;
        const float* dy =
            p.dy + (first.image * p.shape.out_channels + filter) * o.count() + first.i * o.width + first.j;
        float* to = out + first.at * stride;
        const std::int64_t squares_k = filters / 4 * 4, squares_q = length / 4 * 4;
        for (std::int64_t q = 0; q < squares_q; q += 4)
            for (std::int64_t k = 0; k < squares_k; k += 4)
                transpose_square(dy + k * o.count() + q, o.count(), to + q * stride + k, stride);
        for (std::int64_t q = 0; q < length; ++q) {
            for (std::int64_t k = q < squares_q ? squares_k : 0; k < filters; ++k) to[q * stride + k] = dy[k * o.count() + q];
            for (std::int64_t k = filters; k < stride; ++k) to[q * stride + k] = 0;
        }
    }
}

}  // namespace

// [conv2d_weight_gradient_implicit]
void implicit(const Conv2dWeightGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const std::int64_t filters = s.group_outputs(), taps = s.taps(), padded = round_up(filters, lanes);
    const std::int64_t columns = s.batch * s.output().count();
    const std::int64_t chunks =
        std::clamp<std::int64_t>(std::min(std::int64_t(cost(p).flops / double(s.groups) / chunk_flops),
                                          columns / chunk_columns),
                                 1, most_chunks);
    const std::int64_t per_chunk = ceil_divide(columns, chunks), tasks = s.groups * chunks;
    const std::int64_t at_once =
        std::clamp<std::int64_t>(block_floats / taps / lanes * lanes, lanes, Runs::most);  // pixels of a block
    const std::int64_t workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / conv2d_worker_flops), 1,
                                                          std::min<std::int64_t>(threads(), tasks));

    const Scratch::Frame frame(scratch);
    float* partial = scratch.take<float>(tasks * taps * padded);  // (group, chunk, tap, filter)
    const std::int64_t column_values = taps * at_once + lanes, gradient_values = at_once * padded;
    float* memory = scratch.take<float>(workers * (column_values + gradient_values));
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        float* seen = memory + worker * (column_values + gradient_values);
        float* dy = seen + column_values;
        for (std::int64_t task = next++; task < tasks; task = next++) {
            const std::int64_t g = task / chunks, chunk = task % chunks;
            const float* x = p.x + g * s.group_inputs() * s.image.count();
            float* sums = partial + task * taps * padded;
            const std::int64_t last = std::min((chunk + 1) * per_chunk, columns);
            if (chunk * per_chunk >= last) std::fill_n(sums, taps * padded, 0.0f);
            for (std::int64_t begin = chunk * per_chunk; begin < last; begin += at_once) {
                const std::int64_t end = std::min(begin + at_once, last);
                const Runs runs(s, begin, end);
                gather_runs(s, x, p.x + s.x_size(), runs, 0, taps, seen, at_once);
                transpose_runs(p, runs, g * filters, filters, dy, padded);

                // Cut the filters into equal tiles: a narrow one keeps the multipliers waiting.
                const std::int64_t vectors = padded / lanes, parts = ceil_divide(vectors, tile_vectors);
                for (std::int64_t i = 0; i < taps; i += tile_rows)
                    for (std::int64_t part = 0; part < parts; ++part) {
                        const std::int64_t k = vectors * part / parts * lanes, k_end = vectors * (part + 1) / parts * lanes;
                        compute_tile({.k = end - begin,
                                      .a = seen + i * at_once,
                                      .a_row = at_once,
                                      .a_step = 1,
                                      .b = dy + k,
                                      .b_step = padded,
                                      .c = sums + i * padded + k,
                                      .c_row = padded,
                                      .beta = begin == chunk * per_chunk ? 0.0f : 1.0f},
                                     std::min<std::int64_t>(tile_rows, taps - i), k_end - k);
                    }
            }
        }
    });

    // Add up the chunks, in their order, and transpose.
    constexpr std::int64_t taps_at_once = 16;
    parallel_ranges(s.groups * taps, taps_at_once, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t g = row / taps, tap = row % taps;
            const float* first = partial + (g * chunks * taps + tap) * padded;
            for (std::int64_t k = 0; k < filters; ++k) {
                float sum = first[k];
                for (std::int64_t chunk = 1; chunk < chunks; ++chunk) sum += first[chunk * taps * padded + k];
                float& dw = p.dweight[(g * filters + k) * taps + tap];
                dw = p.beta == 0 ? sum : p.beta * dw + sum;
            }
        }
    });
    sum_channels(p);
}
// [conv2d_weight_gradient_implicit]

}  // namespace kbk::cpu
