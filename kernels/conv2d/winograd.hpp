/// @file
/// Winograd's minimal filtering, which the rungs winograd2 and winograd4 share (Lavin, Gray: Fast Algorithms for
/// Convolutional Neural Networks, CVPR 2016).
///
/// In one direction, m outputs of a filter of 3 taps need m + 2 multiplications, not 3m: transform the m + 2 pixels
/// (\f$B^\top d\f$) and the filter (\f$G g\f$), multiply element by element, and transform back (\f$A^\top\f$). In two
/// directions, a tile of m x m outputs needs (m + 2)^2 products; the sum over channels is taken before the way back, so
/// that each of the (m + 2)^2 places is a matrix product of its own.
#pragma once

#include <algorithm>
#include <string>

#include "common/base/threads.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

/// Tiles that are transformed side by side: two to four vectors of floats.
constexpr int winograd_width = 16;


// [conv2d_winograd2]
/// The transforms in one direction: m = 2 outputs, 4 pixels.
template <int m>
struct Minimal {
    /// @param d four pixels @param out receives their transform
    template <class Get, class Set>
    static void pixels(const Get& d, const Set& out) {
        out(0, d(0) - d(2)), out(1, d(1) + d(2)), out(2, d(2) - d(1)), out(3, d(1) - d(3));
    }
    /// @param g three weights @param out receives their transform
    template <class Get, class Set>
    static void weights(const Get& g, const Set& out) {
        out(0, g(0)), out(1, (g(0) + g(1) + g(2)) / 2), out(2, (g(0) - g(1) + g(2)) / 2), out(3, g(2));
    }
    /// @param p four products @param out receives two outputs
    template <class Get, class Set>
    static void outputs(const Get& p, const Set& out) {
        out(0, p(0) + p(1) + p(2)), out(1, p(1) - p(2) - p(3));
    }
};
// [conv2d_winograd2]

/// The transforms in one direction: m = 4 outputs, 6 pixels.
template <>
struct Minimal<4> {
    /// @param d six pixels @param out receives their transform
    template <class Get, class Set>
    static void pixels(const Get& d, const Set& out) {
        out(0, 4 * d(0) - 5 * d(2) + d(4));
        out(1, d(4) + d(3) - 4 * (d(1) + d(2)));
        out(2, d(4) - d(3) + 4 * (d(1) - d(2)));
        out(3, d(4) - d(2) + 2 * (d(3) - d(1)));
        out(4, d(4) - d(2) - 2 * (d(3) - d(1)));
        out(5, 4 * d(1) - 5 * d(3) + d(5));
    }
    /// @param g three weights @param out receives their transform
    template <class Get, class Set>
    static void weights(const Get& g, const Set& out) {
        out(0, g(0) / 4);
        out(1, -(g(0) + g(1) + g(2)) / 6);
        out(2, (g(1) - g(0) - g(2)) / 6);
        out(3, g(0) / 24 + g(1) / 12 + g(2) / 6);
        out(4, g(0) / 24 - g(1) / 12 + g(2) / 6);
        out(5, g(2));
    }
    /// @param p six products @param out receives four outputs
    template <class Get, class Set>
    static void outputs(const Get& p, const Set& out) {
        out(0, p(0) + p(1) + p(2) + p(3) + p(4));
        out(1, p(1) - p(2) + 2 * (p(3) - p(4)));
        out(2, p(1) + p(2) + 4 * (p(3) + p(4)));
        out(3, p(1) - p(2) + 8 * (p(3) - p(4)) + p(5));
    }
};

/// @param s sizes
/// @return why Winograd's transforms do not fit; empty when they do
inline std::string not_three_by_three(const Conv2dShape& s) {
    if (s.kernel == Extent{3, 3} && s.stride == Extent{1, 1} && s.dilation == Extent{1, 1} && s.groups == 1) return "";
    return "its transforms are those of filters of 3 x 3 with stride 1, without dilation and groups";
}

/// Convolve by tiles of m x m outputs.
/// @tparam m 2 or 4
/// @param p       3 x 3, stride 1
/// @param scratch memory: the transformed weights, and at most 8 MiB for tiles (or 16 tiles, where those are larger)
template <int m>
void winograd(const Conv2dForward& p, Scratch& scratch) {
    constexpr int side = m + 2, places = side * side, width = winograd_width;
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    if (s.y_size() == 0) return;
    const std::int64_t inputs = s.in_channels, filters = s.out_channels;
    const std::int64_t down = (o.height + m - 1) / m, across = (o.width + m - 1) / m, tiles = s.batch * down * across;
    constexpr std::int64_t tile_floats = 1 << 21;
    const std::int64_t block = std::clamp<std::int64_t>(tile_floats / (places * (inputs + filters)) / width * width, width,
                                                        (tiles + width - 1) / width * width);

    // Transform the filters: place, filter, channel.
    const Scratch::Frame frame(scratch);
    float* u = scratch.take<float>(places * filters * inputs);
    float* v = scratch.take<float>(places * inputs * block);   // place, channel, tile
    float* sums = scratch.take<float>(places * filters * block);  // place, filter, tile
    parallel_for(filters, [&](std::int64_t k) {
        for (std::int64_t c = 0; c < inputs; ++c) {
            const float* w = p.weight + (k * inputs + c) * 9;
            float half[side][3];
            for (int j = 0; j < 3; ++j)
                Minimal<m>::weights([&](int i) { return w[i * 3 + j]; },
                                                    [&](int i, float value) { half[i][j] = value; });
            for (int i = 0; i < side; ++i)
                Minimal<m>::weights(
                    [&](int j) { return half[i][j]; },
                    [&](int j, float value) { u[((i * side + j) * filters + k) * inputs + c] = value; });
        }
    });

    for (std::int64_t begin = 0; begin < tiles; begin += block) {
        const std::int64_t count = std::min(block, tiles - begin), groups = (count + width - 1) / width;

        // Transform the pixels of each tile, with zeros where it reaches over the image or the last tile.
        parallel_for(inputs, [&](std::int64_t c) {
            for (std::int64_t group = 0; group < groups; ++group) {
                float d[side][side][width], half[side][side][width];
                for (std::int64_t l = 0; l < width; ++l) {
                    const std::int64_t tile = begin + group * width + l, n = tile / (down * across);
                    const std::int64_t top = tile / across % down * m - s.padding.height,
                                       left = tile % across * m - s.padding.width;
                    const float* plane = p.x + (n * inputs + c) * s.image.count();
                    for (int i = 0; i < side; ++i)
                        for (int j = 0; j < side; ++j) {
                            const std::int64_t row = top + i, column = left + j;
                            const bool inside = tile < tiles && row >= 0 && row < s.image.height && column >= 0 &&
                                                column < s.image.width;
                            d[i][j][l] = inside ? plane[row * s.image.width + column] : 0;
                        }
                }
                for (int j = 0; j < side; ++j)
                    for (int l = 0; l < width; ++l)
                        Minimal<m>::pixels([&](int i) { return d[i][j][l]; },
                                                           [&](int i, float value) { half[i][j][l] = value; });
                for (int i = 0; i < side; ++i) {
                    float* to = v + (i * side * inputs + c) * block + group * width;
                    for (int l = 0; l < width; ++l)
                        Minimal<m>::pixels(
                            [&](int j) { return half[i][j][l]; },
                            [&](int j, float value) { to[j * inputs * block + l] = value; });
                }
            }
        });

        // One matrix product for each place.
        matmul().run({.a = u,
                      .b = v,
                      .c = sums,
                      .m = filters,
                      .n = count,
                      .k = inputs,
                      .ldb = block,
                      .ldc = block,
                      .batch = {.inner = places,
                                .inner_a = filters * inputs,
                                .inner_b = inputs * block,
                                .inner_c = filters * block}},
                     scratch);

        // Transform back, and cut off what reaches over the output.
        parallel_for(filters, [&](std::int64_t k) {
            const float bias = p.bias ? p.bias[k] : 0;
            for (std::int64_t group = 0; group < groups; ++group) {
                float half[m][side][width], y[m][m][width];
                for (int j = 0; j < side; ++j)
                    for (int l = 0; l < width; ++l)
                        Minimal<m>::outputs(
                            [&](int i) { return sums[((i * side + j) * filters + k) * block + group * width + l]; },
                            [&](int i, float value) { half[i][j][l] = value; });
                for (int i = 0; i < m; ++i)
                    for (int l = 0; l < width; ++l)
                        Minimal<m>::outputs([&](int j) { return half[i][j][l]; },
                                                            [&](int j, float value) { y[i][j][l] = value + bias; });
                for (std::int64_t l = 0; l < std::min<std::int64_t>(width, count - group * width); ++l) {
                    const std::int64_t tile = begin + group * width + l, n = tile / (down * across);
                    const std::int64_t top = tile / across % down * m, left = tile % across * m;
                    float* to = p.y + ((n * filters + k) * o.height + top) * o.width + left;
                    for (int i = 0; i < std::min<std::int64_t>(m, o.height - top); ++i)
                        for (int j = 0; j < std::min<std::int64_t>(m, o.width - left); ++j) to[i * o.width + j] = y[i][j][l];
                }
            }
        });
    }
}

}  // namespace kbk::cpu
