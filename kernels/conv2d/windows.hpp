/// @file
/// What the rungs share that turn windows of an image into the columns of a matrix (im2col), and back.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv2d/conv2d.hpp"

namespace kbk::cpu {

/// Where one tap of the filter looks, while the filter lies at the outputs j, j + 1, ... of one row.
struct TapRow {
    std::int64_t row;          ///< row of the image; may lie outside
    std::int64_t begin, end;   ///< those of the outputs asked for whose pixel lies in the image
    std::int64_t column;       ///< column of the image at output `begin`
};

/// @param s    sizes
/// @param u,v  row and column of the tap in the filter
/// @param i    output row
/// @param j    first output of the row that is asked for
/// @param last one behind the last
/// @return where the tap looks; begin = end = last where it sees nothing but padding
inline TapRow tap_row(const Conv2dShape& s, std::int64_t u, std::int64_t v, std::int64_t i, std::int64_t j,
                      std::int64_t last) {
    const std::int64_t row = i * s.stride.height + u * s.dilation.height - s.padding.height;
    if (row < 0 || row >= s.image.height) return {row, last, last, 0};
    const std::int64_t step = s.stride.width, at = v * s.dilation.width - s.padding.width;
    std::int64_t begin = j, end = last;
    if (at + begin * step < 0) begin = std::min(last, (step - 1 - at) / step);
    if (at + (end - 1) * step >= s.image.width) end = at >= s.image.width ? 0 : (s.image.width - 1 - at) / step + 1;
    if (end <= begin) return {row, last, last, 0};
    return {row, begin, end, at + begin * step};
}

// [conv2d_gather]
/// Write down what one tap of the filter sees while the filter slides over an image: a row of the matrix of columns.
/// @param s          sizes
/// @param plane      (height, width), one channel of the image
/// @param u,v        row and column of the tap in the filter
/// @param begin,end  range of the output's pixels, in row-major order
/// @param out        receives end - begin values: pixels of the plane, and zeros where the tap lies on the padding
inline void gather_tap(const Conv2dShape& s, const float* plane, std::int64_t u, std::int64_t v, std::int64_t begin,
                       std::int64_t end, float* out) {
    const std::int64_t width = s.output().width;
    for (std::int64_t at = begin; at < end;) {
        const std::int64_t i = at / width, j = at % width, last = std::min(width, j + end - at);
        const TapRow t = tap_row(s, u, v, i, j, last);
        std::fill(out, out + (t.begin - j), 0.0f);
        const float* from = plane + t.row * s.image.width + t.column;
        for (std::int64_t k = 0; k < t.end - t.begin; ++k) out[t.begin - j + k] = from[k * s.stride.width];
        std::fill(out + (t.end - j), out + (last - j), 0.0f);
        out += last - j;
        at += last - j;
    }
}
// [conv2d_gather]

/// The way back: add a row of the matrix of columns to the pixels that the tap saw.
/// @param s          sizes
/// @param plane      (height, width), one channel of the image, added to
/// @param u,v        row and column of the tap in the filter
/// @param begin,end  range of the output's pixels, in row-major order
/// @param in         end - begin values
inline void scatter_tap(const Conv2dShape& s, float* plane, std::int64_t u, std::int64_t v, std::int64_t begin,
                        std::int64_t end, const float* in) {
    const std::int64_t width = s.output().width;
    for (std::int64_t at = begin; at < end;) {
        const std::int64_t i = at / width, j = at % width, last = std::min(width, j + end - at);
        const TapRow t = tap_row(s, u, v, i, j, last);
        float* to = plane + t.row * s.image.width + t.column;
        for (std::int64_t k = 0; k < t.end - t.begin; ++k) to[k * s.stride.width] += in[t.begin - j + k];
        in += last - j;
        at += last - j;
    }
}

/// Floats that the rungs im2col lend for the matrix of columns: 1 MiB, or 16 columns where those are longer.
constexpr std::int64_t column_floats = 1 << 18;

/// @param s sizes
/// @return output pixels of one image that are turned into columns at once
inline std::int64_t columns_at_once(const Conv2dShape& s) {
    return std::clamp<std::int64_t>(column_floats / s.taps(), 16, std::max<std::int64_t>(16, s.output().count()));
}

/// Gradient by the bias: the sum of each output channel, in double precision across its rows.
/// @param p gradients; nothing is done where dbias is null
void sum_channels(const Conv2dWeightGradient& p);

}  // namespace kbk::cpu
