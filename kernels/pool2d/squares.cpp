/// @file
/// pool2d/cpu/squares: windows of 2 x 2 side by side, two rows of the image at a time.
///
/// *Change*: the window's bounds are known, so the inner loop has four loads, a few choices and no branch, forward;
/// backward, each pixel of dx is written once, with its gradient or with zero, and nothing is cleared before.
/// *Why*: nearly every pooling of the book has this form. Without branches the compiler makes vectors of it. Predicted:
/// limited by memory, at least twice as fast as threaded.
/// *Limits*: windows of 2 x 2 with stride 2 and no padding; a last odd row or column belongs to no window.
/// *Next*: none on the CPU.
#include <algorithm>

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

// wins(second, first) as a number, 1 or 0: three choices that the compiler makes for a vector at once.
float flag(float first, float second) {
    float wins = second != second ? 1.0f : 0.0f;
    wins = first != first ? 0.0f : wins;
    return second > first ? 1.0f : wins;
}

float winner(float first, float second) {
    const float larger = second > first ? second : first;
    return second != second ? second : larger;
}

}  // namespace

// [pool2d_squares]
void squares(const Pool2dForward& p, Scratch&) {
    const std::int64_t width = p.shape.width, rows = p.shape.out_height(), columns = p.shape.out_width();
    all_planes(p, [&](std::int64_t plane) {
        for (std::int64_t i = 0; i < rows; ++i) {
            const float* __restrict upper = p.x + plane * p.shape.height * width + 2 * i * width;
            const float* __restrict lower = upper + width;
            float* __restrict y = p.y + (plane * rows + i) * columns;
            if (p.kind == Pooling::max)
                for (std::int64_t j = 0; j < columns; ++j)
                    y[j] = winner(winner(upper[2 * j], upper[2 * j + 1]), winner(lower[2 * j], lower[2 * j + 1]));
            else
                for (std::int64_t j = 0; j < columns; ++j)
                    y[j] = 0.25f * ((upper[2 * j] + upper[2 * j + 1]) + (lower[2 * j] + lower[2 * j + 1]));
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
            const float* __restrict dy = p.dy + (plane * rows + i) * columns;
            const std::int64_t at = 2 * i * width;
            float *__restrict upper = dx + at, *__restrict lower = dx + at + width;
            if (p.kind == Pooling::max) {
                const float* __restrict x = p.x + plane * p.shape.height * width + at;
                const float* __restrict next = x + width;
                for (std::int64_t j = 0; j < columns; ++j) {
                    const float a = x[2 * j], b = x[2 * j + 1], c = next[2 * j], d = next[2 * j + 1], g = dy[j];
                    const float right_above = flag(a, b), right_below = flag(c, d);
                    const float below = flag(winner(a, b), winner(c, d));
                    const float above_gets = below == 0 ? g : 0.0f, below_gets = below == 0 ? 0.0f : g;
                    upper[2 * j] = right_above == 0 ? above_gets : 0.0f;
                    upper[2 * j + 1] = right_above == 0 ? 0.0f : above_gets;
                    lower[2 * j] = right_below == 0 ? below_gets : 0.0f;
                    lower[2 * j + 1] = right_below == 0 ? 0.0f : below_gets;
                }
            } else {
                for (std::int64_t j = 0; j < columns; ++j)
                    upper[2 * j] = upper[2 * j + 1] = lower[2 * j] = lower[2 * j + 1] = 0.25f * dy[j];
            }
            // A last odd column belongs to no window, nor does a last odd row.
            for (std::int64_t j = 2 * columns; j < width; ++j) upper[j] = lower[j] = 0;
        }
        std::fill(dx + 2 * rows * width, dx + p.shape.height * width, 0.0f);
    });
}
// [pool2d_backward_squares]

}  // namespace kbk::cpu
