/// @file
/// What the implicit rungs share: a range of output pixels as pieces of rows, and the columns of im2col for it, made
/// where and when a tile needs them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv2d/windows.hpp"
#include "kernels/matmul/packing.hpp"

namespace kbk::cpu {

/// Neighbouring outputs of one row.
struct Run {
    std::int64_t image, i, j;  ///< where it begins
    std::int64_t length;       ///< outputs
    std::int64_t at;           ///< its first output's place in the range
};

/// Output pixels [begin, end) of a batch, counted through all images: pixel q is pixel q % count of image q / count.
class Runs {
  public:
    /// Most outputs in a range.
    static constexpr std::int64_t most = 256;

    /// @param s          sizes
    /// @param begin,end  the range, of at most `most` outputs
    Runs(const Conv2dShape& s, std::int64_t begin, std::int64_t end) {
        const Extent o = s.output();
        std::int64_t image = begin / o.count(), i = begin % o.count() / o.width, j = begin % o.width;
        for (std::int64_t at = 0; at < end - begin; at += runs_[count_++].length) {
            runs_[count_] = {image, i, j, std::min(o.width - j, end - begin - at), at};
            j = 0;
            if (++i == o.height) i = 0, ++image;
        }
    }

    /// @return first run
    [[nodiscard]] const Run* begin() const { return runs_; }
    /// @return one behind the last
    [[nodiscard]] const Run* end() const { return runs_ + count_; }

  private:
    Run runs_[most];
    std::int64_t count_ = 0;
};

// [conv2d_gather_runs]
/// Write down what some taps see: rows of the matrix of columns, for a range of outputs.
/// @param s          sizes
/// @param x          the batch, from the first channel of the group on
/// @param end        one behind the last value of the batch
/// @param runs       the outputs
/// @param first,last taps of the group: tap t is channel t / kernel.count(), place t % kernel.count()
/// @param out        receives a row for each tap; up to a vector behind the last one is overwritten, too
/// @param stride     elements from a row to the next, at least the range's length
inline void gather_runs(const Conv2dShape& s, const float* x, const float* end, const Runs& runs, std::int64_t first,
                        std::int64_t last, float* out, std::int64_t stride) {
    const std::int64_t plane = s.image.count(), image = s.in_channels * plane, width = s.image.width;

    // Without stride and padding every run is whole, and a tap is an offset from where it begins. Where copies of whole
    // vectors end within the batch, nothing remains to be asked: what is too much, the next run or row overwrites.
    const Run& final = *(runs.end() - 1);
    const float* last_value = x + final.image * image + (s.group_inputs() - 1) * plane +
                              (final.i + (s.kernel.height - 1) * s.dilation.height) * width + final.j +
                              (s.kernel.width - 1) * s.dilation.width;
    if (s.plain() && end - last_value >= final.length + lanes && last > first) {
        const float* begins[Runs::most];
        std::int64_t count = 0;
        for (const Run& run : runs) begins[count++] = x + run.image * image + run.i * width + run.j;
        for (std::int64_t tap = first; tap < last; ++tap, out += stride) {
            const std::int64_t c = tap / s.kernel.count(), place = tap % s.kernel.count();
            const std::int64_t offset = c * plane + place / s.kernel.width * s.dilation.height * width +
                                        place % s.kernel.width * s.dilation.width;
            const float* const* from = begins;
            for (const Run& run : runs) {
                const float* source = *from++ + offset;
                float* to = out + run.at;
                for (std::int64_t l = 0; l < run.length; l += lanes)
                    Vector::load_unaligned(source + l).store_unaligned(to + l);
            }
        }
        return;
    }
    for (std::int64_t tap = first; tap < last; ++tap, out += stride) {
        const std::int64_t c = tap / s.kernel.count(), place = tap % s.kernel.count(), u = place / s.kernel.width,
                           v = place % s.kernel.width;
        for (const Run& run : runs) {
            const float* channel = x + run.image * image + c * plane;
            float* to = out + run.at;

            // Find which outputs of the run see a pixel: without padding, all.
            TapRow t{run.i * s.stride.height + u * s.dilation.height, run.j, run.j + run.length,
                     run.j * s.stride.width + v * s.dilation.width};
            if (s.padding.height || s.padding.width) t = tap_row(s, u, v, run.i, run.j, run.j + run.length);
            const float* from = channel + t.row * width + t.column;
            const std::int64_t before = t.begin - run.j, count = t.end - t.begin;
            for (std::int64_t l = 0; l < before; ++l) to[l] = 0;
            to += before;
            if (s.stride.width != 1) {
                for (std::int64_t l = 0; l < count; ++l) to[l] = from[l * s.stride.width];
            } else if (end - from >= count + lanes) {
                // Copy whole vectors: what is too much, the next run or row overwrites.
                for (std::int64_t l = 0; l < count; l += lanes) Vector::load_unaligned(from + l).store_unaligned(to + l);
            } else {
                for (std::int64_t l = 0; l < count; ++l) to[l] = from[l];
            }
            to += count;
            for (std::int64_t l = 0; l < run.length - before - count; ++l) to[l] = 0;
        }
    }
}
// [conv2d_gather_runs]

/// Work that repays the start of one more thread: some ten microseconds.
constexpr double conv2d_worker_flops = 1e6;

/// @param value not negative @param step positive @return the quotient, rounded up
constexpr std::int64_t ceil_divide(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step;
}

}  // namespace kbk::cpu
