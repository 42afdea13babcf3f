/// @file
/// pool2d/cpu/squares: windows of 2 x 2 side by side, two rows of the image at a time.
///
/// *Change*: the window's bounds are known, and nothing branches. Two vectors of neighbours become one of left and one
/// of right pixels, so a vector of outputs is a few choices; backward, each pixel of dx is written once, with its
/// gradient or with zero, and nothing is cleared before. A row that is no multiple of a vector ends with one that
/// overlaps.
/// *Why*: nearly every pooling of the book has this form, of 15 or 6 outputs in a row; which pixel wins is as good as
/// random, so a branch that asks is often guessed wrong. Predicted: limited by memory, several times as fast as
/// threaded.
/// *Limits*: windows of 2 x 2 with stride 2 and no padding; a last odd row or column belongs to no window.
/// *Next*: none on the CPU.
#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/pool2d/rungs.hpp"

namespace kbk::cpu {

namespace {

// Pixels in a task: some ten microseconds of work, so that a task outlasts its start by far.
constexpr std::int64_t task_pixels = 1 << 15;

template <class Problem, class Body>
void all_planes(const Problem& p, const Body& body) {
    const std::int64_t pixels = p.shape.height * p.shape.width;
    parallel_ranges(p.shape.planes, std::max<std::int64_t>(1, task_pixels / pixels),
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t plane = begin; plane < end; ++plane) body(plane);
                    });
}

// Some neighbours, which the compiler keeps in a register (an extension of GCC and Clang).
template <int n>
struct Some {
    using Floats [[gnu::vector_size(4 * n)]] = float;
    static constexpr auto indices = std::make_integer_sequence<int, n>();

    static Floats load(const float* from) {
        Floats some;
        std::memcpy(&some, from, sizeof some);
        return some;
    }
    static void store(const Floats& some, float* to) { std::memcpy(to, &some, sizeof some); }

    // Every second of 2n neighbours: the left (0) or the right (1) pixels of n windows.
    template <int side, int... i>
    static Floats every_second(const float* from, std::integer_sequence<int, i...>) {
        return __builtin_shufflevector(load(from), load(from + n), (2 * i + side)...);
    }
    static Floats left(const float* from) { return every_second<0>(from, indices); }
    static Floats right(const float* from) { return every_second<1>(from, indices); }

    // The way back.
    template <int... i>
    static void deal(const Floats& l, const Floats& r, float* to, std::integer_sequence<int, i...>) {
        store(__builtin_shufflevector(l, r, (i / 2 + i % 2 * n)...), to);
        store(__builtin_shufflevector(l, r, ((i + n) / 2 + i % 2 * n)...), to + n);
    }
    static void deal(const Floats& l, const Floats& r, float* to) { deal(l, r, to, indices); }
};

// One number, for rows shorter than a vector.
template <>
struct Some<1> {
    using Floats = float;
    static float load(const float* from) { return *from; }
    static void store(float value, float* to) { *to = value; }
    static float left(const float* from) { return from[0]; }
    static float right(const float* from) { return from[1]; }
    static void deal(float l, float r, float* to) { to[0] = l, to[1] = r; }
};

// Go through a row's outputs in vectors, of which the last may overlap: what it writes again is equal.
template <int n, class Body>
void in_steps(std::int64_t columns, const Body& body) {
    for (std::int64_t j = 0; j < columns; j += n) body(Some<n>(), std::min(j, columns - n));
}

template <class Body>
void along_row(std::int64_t columns, const Body& body) {
    if (columns >= 8)
        in_steps<8>(columns, body);
    else if (columns >= 4)
        in_steps<4>(columns, body);
    else
        in_steps<1>(columns, body);
}

// As wins() says, element by element.
template <class Floats>
auto second_wins(const Floats& first, const Floats& second) {
    return (second > first) | ((second != second) & (first == first));
}

template <class Floats>
Floats winner(const Floats& first, const Floats& second) {
    return second_wins(first, second) ? second : first;
}

}  // namespace

// [pool2d_squares]
void squares(const Pool2dForward& p, Scratch&) {
    const std::int64_t width = p.shape.width, rows = p.shape.out_height(), columns = p.shape.out_width();
    all_planes(p, [&](std::int64_t plane) {
        for (std::int64_t i = 0; i < rows; ++i) {
            const float* upper = p.x + plane * p.shape.height * width + 2 * i * width;
            const float* lower = upper + width;
            float* y = p.y + (plane * rows + i) * columns;
            along_row(columns, [&](auto some, std::int64_t j) {
                const auto a = some.left(upper + 2 * j), b = some.right(upper + 2 * j),
                           c = some.left(lower + 2 * j), d = some.right(lower + 2 * j);
                some.store(
                    p.kind == Pooling::max ? winner(winner(a, b), winner(c, d)) : 0.25f * ((a + b) + (c + d)),
                    y + j);
            });
        }
    });
}
// [pool2d_squares]

// [pool2d_backward_squares]
void squares(const Pool2dBackward& p, Scratch&) {
    const std::int64_t width = p.shape.width, rows = p.shape.out_height(), columns = p.shape.out_width();
    all_planes(p, [&](std::int64_t plane) {
        float* dx = p.dx + plane * p.shape.height * width;
        for (std::int64_t i = 0; i < rows; ++i) {
            const float* dy = p.dy + (plane * rows + i) * columns;
            float *upper = dx + 2 * i * width, *lower = upper + width;
            if (p.kind == Pooling::max) {
                const float *x = p.x + plane * p.shape.height * width + 2 * i * width, *next = x + width;
                along_row(columns, [&](auto some, std::int64_t j) {
                    const auto a = some.left(x + 2 * j), b = some.right(x + 2 * j),
                               c = some.left(next + 2 * j), d = some.right(next + 2 * j),
                               g = some.load(dy + j);
                    const std::remove_cvref_t<decltype(g)> none = {};
                    const auto below = second_wins(winner(a, b), winner(c, d));
                    const auto above_gets = below ? none : g, below_gets = below ? g : none;
                    const auto right_above = second_wins(a, b), right_below = second_wins(c, d);
                    some.deal(right_above ? none : above_gets, right_above ? above_gets : none,
                              upper + 2 * j);
                    some.deal(right_below ? none : below_gets, right_below ? below_gets : none,
                              lower + 2 * j);
                });
            } else {
                along_row(columns, [&](auto some, std::int64_t j) {
                    const auto part = 0.25f * some.load(dy + j);
                    some.deal(part, part, upper + 2 * j);
                    some.deal(part, part, lower + 2 * j);
                });
            }
            // A last odd column belongs to no window, nor does a last odd row.
            for (std::int64_t j = 2 * columns; j < width; ++j) upper[j] = lower[j] = 0;
        }
        std::fill(dx + 2 * rows * width, dx + p.shape.height * width, 0.0f);
    });
}
// [pool2d_backward_squares]

}  // namespace kbk::cpu
