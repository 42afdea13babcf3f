/// @file
/// What the rungs direct share: images whose channels lie together, and a micro-kernel that reads them where
/// they lie.
///
/// With the channels of a pixel side by side, a row of a window is one straight piece of memory: (taps in the
/// row times channels) numbers. So the micro-kernel needs no columns, but for each of its few rows the
/// address where a window begins, and for all of them the pieces of which a window consists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/matmul/packing.hpp"

namespace kbk::cpu {

/// Neighbouring steps of a sum.
struct Piece {
    std::int64_t a, b;    ///< where they begin, from the tile's addresses on
    std::int64_t length;  ///< steps
};

/// Operands of one call: c[i] (whole vectors) = start, or c[i], + the sum over all steps of a[i] at that step
/// times the vectors of b at that step.
struct DirectTile {
    const Piece* pieces;    ///< the steps of the sum
    std::int64_t count;     ///< pieces
    const float* const* a;  ///< address of each row's first factor
    std::int64_t a_step;    ///< from a step to the next
    const float* b;         ///< the other factor, a vector or more for each step
    std::int64_t b_step;    ///< from a step to the next
    float* const* c;        ///< address of each row's sums
    const float* start;     ///< what each row's sums begin with, or null
    bool add;               ///< whether to add to c, in place of start
};

/// Compute a tile.
/// @param t       operands
/// @param rows    1 to tile_rows
/// @param vectors 1 to tile_vectors
void compute_direct_tile(const DirectTile& t, std::int64_t rows, std::int64_t vectors);

/// Append a piece, or lengthen the last one where it goes on.
/// @param pieces where they are written
/// @param count  how many there are
/// @param piece  what to append
/// @param a_step,b_step elements from a step to the next
inline void append(Piece* pieces, std::int64_t& count, const Piece& piece, std::int64_t a_step,
                   std::int64_t b_step) {
    if (count > 0) {
        Piece& last = pieces[count - 1];
        if (last.a + last.length * a_step == piece.a && last.b + last.length * b_step == piece.b) {
            last.length += piece.length;
            return;
        }
    }
    pieces[count++] = piece;
}

/// Transpose a square of 8 x 8 floats: transpose_square's two rounds in both halves of the vectors, then the
/// halves change places.
/// @param from,from_stride,to,to_stride as there
inline void transpose_large_square(const float* from, std::int64_t from_stride, float* to,
                                   std::int64_t to_stride) {
    using Eight [[gnu::vector_size(32)]] = float;
    Eight x[8], y[8];
    const auto low = [](const Eight& a, const Eight& b) {
        return __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    };
    const auto high = [](const Eight& a, const Eight& b) {
        return __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    };
    const auto rows_of_four = [&](const Eight* in, Eight* out) {
        out[0] = low(in[0], in[2]), out[1] = high(in[0], in[2]), out[2] = low(in[1], in[3]),
        out[3] = high(in[1], in[3]);
    };
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) std::memcpy(&x[i], from + i * from_stride, sizeof x[i]);
    rows_of_four(x, y);
    rows_of_four(x + 4, y + 4);
    rows_of_four(y, x);
    rows_of_four(y + 4, x + 4);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        y[i] = __builtin_shufflevector(x[i], x[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        y[i + 4] = __builtin_shufflevector(x[i], x[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) std::memcpy(to + i * to_stride, &y[i], sizeof y[i]);
}

/// Transpose two or three rows, the colours of a picture: squares of 4 x 4 whose last row comes again. What a square
/// writes too much, its next column overwrites.
/// @param from,from_stride rows of what is read
/// @param rows,columns     its size
/// @param to               receives (columns, rows)
inline void transpose_few(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns,
                          float* to) {
    using Quad = xsimd::make_sized_batch_t<float, 4>;
    std::int64_t j = 0;
    for (; j + 4 < columns; j += 4, to += 4 * rows) {
        const Quad first = Quad::load_unaligned(from + j), second = Quad::load_unaligned(from + from_stride + j),
                   last = Quad::load_unaligned(from + (rows - 1) * from_stride + j);
        const Quad even[2] = {xsimd::zip_lo(first, last), xsimd::zip_hi(first, last)},
                   odd[2] = {xsimd::zip_lo(second, last), xsimd::zip_hi(second, last)};
        for (int half = 0; half < 2; ++half) {
            xsimd::zip_lo(even[half], odd[half]).store_unaligned(to + 2 * half * rows);
            xsimd::zip_hi(even[half], odd[half]).store_unaligned(to + (2 * half + 1) * rows);
        }
    }
    for (; j < columns; ++j, to += rows)
        for (std::int64_t i = 0; i < rows; ++i) to[i] = from[i * from_stride + j];
}

/// Transpose: to[j * to_stride + i] = from[i * from_stride + j].
/// @tparam far           whether what is read may lie in memory: its rows are too many for the processor to foresee
/// @param from,from_stride rows of what is read
/// @param rows,columns     its size
/// @param to,to_stride     rows of what is written
template <bool far = false>
void transpose(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns, float* to,
               std::int64_t to_stride) {
    // The last squares overlap their neighbours: what they share is written twice, and equal.
    const auto squares = [&](std::int64_t side, const auto& square) {
        constexpr std::int64_t line = 16, ahead = 2 * line;
        for (std::int64_t j = 0; j < columns; j += side)
            for (std::int64_t i = 0; i < rows; i += side) {
                const std::int64_t r = std::min(i, rows - side), c = std::min(j, columns - side);
                if (far && j % line == 0)
                    for (std::int64_t l = 0; l < side; ++l) __builtin_prefetch(from + (r + l) * from_stride + c + ahead);
                square(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
            }
    };
    if (rows >= 8 && columns >= 8) return squares(8, transpose_large_square);
    if (rows >= 4 && columns >= 4) return squares(4, transpose_square);
    if ((rows == 2 || rows == 3) && to_stride == rows) return transpose_few(from, from_stride, rows, columns, to);
    for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t i = 0; i < rows; ++i) to[j * to_stride + i] = from[i * from_stride + j];
}

/// Lay the channels of each pixel side by side, with zeros around the image.
/// @param x        (channels, height, width)
/// @param channels,image its size
/// @param padding  rows and columns of zeros on each side
/// @param begin    first row that is wanted, the zeros included
/// @param rows     how many are wanted
/// @param out      receives (rows, width + 2 padding, channels)
inline void channels_last(const float* x, std::int64_t channels, const Extent& image, const Extent& padding,
                          std::int64_t begin, std::int64_t rows, float* out) {
    const std::int64_t row = (image.width + 2 * padding.width) * channels, side = padding.width * channels;
    const std::int64_t above = std::clamp<std::int64_t>(padding.height - begin, 0, rows),
                       first = begin + above - padding.height,
                       inside = std::clamp<std::int64_t>(image.height - first, 0, rows - above);
    std::fill_n(out, above * row, 0.0f);
    out += above * row;
    if (side == 0) {
        transpose<true>(x + first * image.width, image.count(), channels, inside * image.width, out, channels);
        out += inside * row;
    } else {
        for (std::int64_t i = 0; i < inside; ++i, out += row) {
            std::fill_n(out, side, 0.0f);
            transpose<true>(x + (first + i) * image.width, image.count(), channels, image.width, out + side, channels);
            std::fill_n(out + row - side, side, 0.0f);
        }
    }
    std::fill_n(out, (rows - above - inside) * row, 0.0f);
}

/// A part of a batch that a worker takes at a time: some images, or some rows of one.
struct Band {
    std::int64_t image, images;  ///< first image, and how many
    std::int64_t i, rows;        ///< first row of each one's output, and how many
};

/// A batch cut into bands of about the same size. They depend on the problem alone.
class Bands {
  public:
    /// @param s       sizes, with an output
    /// @param outputs that a band should have, at least one row of them
    Bands(const Conv2dShape& s, std::int64_t outputs) : s_(s) {
        // The copy of what a band's windows see takes at most 256 KiB of the second-level cache, if the image's rows are
        // not longer than that allows.
        constexpr std::int64_t most_floats = 1 << 16;
        const Extent o = s.output();
        const std::int64_t reach = s.dilation.height * (s.kernel.height - 1) + 1,
                           most_rows = (most_floats / row_floats() - reach) / s.stride.height + 1,
                           rows = std::clamp<std::int64_t>(std::min(divide_up(outputs, o.width), most_rows), 1, o.height);
        blocks_ = divide_up(o.height, rows);
        rows_ = divide_up(o.height, blocks_);
        blocks_ = divide_up(o.height, rows_);
        seen_ = (rows_ - 1) * s.stride.height + reach;
        if (blocks_ == 1)
            images_ = std::clamp<std::int64_t>(
                std::min(divide_up(outputs, o.count()), most_floats / (seen_ * row_floats())), 1, std::max<std::int64_t>(1, s.batch));
    }

    /// @return how many there are, for one group
    [[nodiscard]] std::int64_t count() const { return divide_up(s_.batch, images_) * blocks_; }
    /// @param index of a band @return it
    [[nodiscard]] Band operator[](std::int64_t index) const {
        const std::int64_t image = index / blocks_ * images_, i = index % blocks_ * rows_;
        return {image, std::min(images_, s_.batch - image), i, std::min(rows_, s_.output().height - i)};
    }
    /// @return outputs of the largest
    [[nodiscard]] std::int64_t outputs() const { return images_ * rows_ * s_.output().width; }
    /// @return numbers that `copy` writes at most
    [[nodiscard]] std::int64_t floats() const { return images_ * image_floats(); }
    /// @return numbers of one image in a copy
    [[nodiscard]] std::int64_t image_floats() const { return seen_ * row_floats(); }
    /// @return numbers of one row in a copy
    [[nodiscard]] std::int64_t row_floats() const {
        return (s_.image.width + 2 * s_.padding.width) * s_.group_inputs();
    }

    /// Copy what a band's windows see, zeros included.
    /// @param x     (batch, in_channels, height, width)
    /// @param group whose channels to copy
    /// @param band  which images and rows
    /// @param out   receives (image, row, column, channel); images begin image_floats() after each other
    void copy(const float* x, std::int64_t group, const Band& band, float* out) const {
        const std::int64_t channels = s_.group_inputs();
        for (std::int64_t n = 0; n < band.images; ++n)
            channels_last(x + ((band.image + n) * s_.in_channels + group * channels) * s_.image.count(), channels, s_.image,
                          s_.padding, band.i * s_.stride.height,
                          (band.rows - 1) * s_.stride.height + s_.dilation.height * (s_.kernel.height - 1) + 1,
                          out + n * image_floats());
    }

  private:
    Conv2dShape s_;
    std::int64_t images_ = 1, rows_, blocks_, seen_;
};

/// Filters of a group, cut into equal parts of at most tile_vectors vectors each.
struct Parts {
    std::int64_t vectors, count;  ///< vectors of all filters, parts
    /// @param channels to be cut
    explicit Parts(std::int64_t channels)
        : vectors(divide_up(channels, lanes)), count(divide_up(vectors, tile_vectors)) {}
    /// @param part index @return its first vector
    [[nodiscard]] std::int64_t begin(std::int64_t part) const { return vectors * part / count; }
};

}  // namespace kbk::cpu
