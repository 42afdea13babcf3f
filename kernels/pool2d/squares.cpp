/// @file
/// pool2d/cpu/squares: windows of 2 x 2 side by side, two rows of the image at a time.
///
/// *Change*: the window's bounds are known, so the inner loop has four loads, three comparisons and no branch, forward;
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

float winner(float first, float second) {
    return wins(second, first) ? second : first;
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
            const float* dy = p.dy + (plane * rows + i) * columns;
            const std::int64_t at = 2 * i * width;
            float *upper = dx + at, *lower = upper + width;
            if (p.kind == Pooling::max) {
                const float* x = p.x + plane * p.shape.height * width + at;
                for (std::int64_t j = 0; j < columns; ++j) {
                    const float a = x[2 * j], b = x[2 * j + 1], c = x[width + 2 * j], d = x[width + 2 * j + 1];
                    const bool right_above = wins(b, a), right_below = wins(d, c);
                    const bool below = wins(right_below ? d : c, right_above ? b : a);
                    upper[2 * j] = !below & !right_above ? dy[j] : 0.0f;
                    upper[2 * j + 1] = !below & right_above ? dy[j] : 0.0f;
                    lower[2 * j] = below & !right_below ? dy[j] : 0.0f;
                    lower[2 * j + 1] = below & right_below ? dy[j] : 0.0f;
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
