/// @file
/// conv2d_input_gradient/cpu/naive: each product of the convolution, backward.
///
/// *Change*: none, this is the first rung: the loops of the convolution, in which each output's gradient is handed to
/// the pixels that it was made of.
/// *Why*: if \f$y\f$ contains \f$w x\f$, then \f$\partial L / \partial x\f$ contains \f$w\, \partial L / \partial y\f$.
/// Predicted: as slow as the naive convolution, and its additions go through memory.
/// *Limits*: one thread.
/// *Next*: im2col, a matrix product and one addition for each of its results.
#include <algorithm>

#include "kernels/conv2d/rungs.hpp"

namespace kbk::cpu {

// [conv2d_input_gradient_naive]
void naive(const Conv2dInputGradient& p, Scratch&) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    std::fill_n(p.dx, s.x_size(), 0.0f);
    const float* dy = p.dy;
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t k = 0; k < s.out_channels; ++k) {
            const std::int64_t first = k / s.group_outputs() * s.group_inputs();
            for (std::int64_t i = 0; i < o.height; ++i)
                for (std::int64_t j = 0; j < o.width; ++j, ++dy) {
                    const float* w = p.weight + k * s.taps();
                    for (std::int64_t c = 0; c < s.group_inputs(); ++c) {
                        float* plane = p.dx + (n * s.in_channels + first + c) * s.image.count();
                        for (std::int64_t u = 0; u < s.kernel.height; ++u)
                            for (std::int64_t v = 0; v < s.kernel.width; ++v, ++w) {
                                const std::int64_t row = i * s.stride.height + u * s.dilation.height - s.padding.height;
                                const std::int64_t column = j * s.stride.width + v * s.dilation.width - s.padding.width;
                                if (row >= 0 && row < s.image.height && column >= 0 && column < s.image.width)
                                    plane[row * s.image.width + column] += *w * *dy;
                            }
                    }
                }
        }
}
// [conv2d_input_gradient_naive]

}  // namespace kbk::cpu
