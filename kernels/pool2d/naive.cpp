/// @file
/// pool2d/cpu/naive: window by window.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the definition. Predicted: limited by the comparisons, each of which waits for the one before.
/// *Limits*: one thread.
/// *Next*: threaded.
#include "kernels/pool2d/rungs.hpp"

namespace kbk::cpu {

// [pool2d_naive]
void pool_plane(const Pool2dForward& p, std::int64_t plane) {
    const Pool2dShape& s = p.shape;
    const float* x = p.x + plane * s.height * s.width;
    float* y = p.y + plane * s.out_height() * s.out_width();
    for (std::int64_t i = 0; i < s.out_height(); ++i)
        for (std::int64_t j = 0; j < s.out_width(); ++j) {
            const auto w = s.window(i, j);
            float largest = x[w.top * s.width + w.left], sum = 0;
            for (std::int64_t r = w.top; r < w.bottom; ++r)
                for (std::int64_t c = w.left; c < w.right; ++c) {
                    const float value = x[r * s.width + c];
                    sum += value;
                    if (wins(value, largest)) largest = value;
                }
            *y++ = p.kind == Pooling::max ? largest : sum / float(w.count());
        }
}

void naive(const Pool2dForward& p, Scratch&) {
    for (std::int64_t plane = 0; plane < p.shape.planes; ++plane) pool_plane(p, plane);
}
// [pool2d_naive]

}  // namespace kbk::cpu
