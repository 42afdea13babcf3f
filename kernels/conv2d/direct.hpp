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

/// Transpose: to[j * to_stride + i] = from[i * from_stride + j].
/// @param from,from_stride rows of what is read
/// @param rows,columns     its size
/// @param to,to_stride     rows of what is written
inline void transpose(const float* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns,
                      float* to, std::int64_t to_stride) {
    // The last squares overlap their neighbours: what they share is written twice, and equal.
    const auto squares = [&](std::int64_t side, const auto& square) {
        for (std::int64_t j = 0; j < columns; j += side)
            for (std::int64_t i = 0; i < rows; i += side) {
                const std::int64_t r = std::min(i, rows - side), c = std::min(j, columns - side);
                square(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
            }
    };
    if (rows >= 8 && columns >= 8) return squares(8, transpose_large_square);
    if (rows >= 4 && columns >= 4) return squares(4, transpose_square);
    for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t i = 0; i < rows; ++i) to[j * to_stride + i] = from[i * from_stride + j];
}

/// Lay the channels of each pixel side by side, with zeros around the image.
/// @param x        (channels, height, width)
/// @param channels,image its size
/// @param padding  rows and columns of zeros to add on each side
/// @param out      receives (height + 2 padding, width + 2 padding, channels)
inline void channels_last(const float* x, std::int64_t channels, const Extent& image, const Extent& padding,
                          float* out) {
    if (padding == Extent{0, 0}) return transpose(x, image.count(), channels, image.count(), out, channels);
    const std::int64_t row = (image.width + 2 * padding.width) * channels, side = padding.width * channels;
    std::fill_n(out, padding.height * row, 0.0f);
    out += padding.height * row;
    for (std::int64_t i = 0; i < image.height; ++i, out += row) {
        std::fill_n(out, side, 0.0f);
        transpose(x + i * image.width, image.count(), channels, image.width, out + side, channels);
        std::fill_n(out + row - side, side, 0.0f);
    }
    std::fill_n(out, padding.height * row, 0.0f);
}

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
