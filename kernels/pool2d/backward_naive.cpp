/// @file
/// pool2d_backward/cpu/naive: window by window, each gradient to its winner, or to all in equal parts.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the definition. Windows may overlap, so gradients are added to a plane of zeros. Predicted: limited by
/// the comparisons.
/// *Limits*: one thread.
/// *Next*: threaded.
#include <algorithm>

#include "kernels/pool2d/rungs.hpp"

namespace kbk::cpu {

// [pool2d_backward_naive]
void pool_plane(const Pool2dBackward& p, std::int64_t plane) {
    const Pool2dShape& s = p.shape;
    const float* x = p.x + (p.kind == Pooling::max ? plane * s.height * s.width : 0);
    const float* dy = p.dy + plane * s.out_height() * s.out_width();
    float* dx = p.dx + plane * s.height * s.width;
    std::fill_n(dx, s.height * s.width, 0.0f);
    for (std::int64_t i = 0; i < s.out_height(); ++i)
        for (std::int64_t j = 0; j < s.out_width(); ++j, ++dy) {
            const auto w = s.window(i, j);
            if (p.kind == Pooling::average) {
                const float part = *dy / float(w.count());
                for (std::int64_t r = w.top; r < w.bottom; ++r)
                    for (std::int64_t c = w.left; c < w.right; ++c) dx[r * s.width + c] += part;
            } else {
                std::int64_t winner = w.top * s.width + w.left;
                for (std::int64_t r = w.top; r < w.bottom; ++r)
                    for (std::int64_t c = w.left; c < w.right; ++c)
                        if (wins(x[r * s.width + c], x[winner])) winner = r * s.width + c;
                dx[winner] += *dy;
            }
        }
}

void naive(const Pool2dBackward& p, Scratch&) {
    for (std::int64_t plane = 0; plane < p.shape.planes; ++plane) pool_plane(p, plane);
}
// [pool2d_backward_naive]

}  // namespace kbk::cpu
