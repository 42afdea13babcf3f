/// @file
/// conv2d/cpu/naive: the seven loops that the formula suggests.
///
/// *Change*: none, this is the first rung: four loops over the outputs, three over the sum of each.
/// *Why*: it is the definition. Predicted: far below the peak, since each product waits for the addition before it,
/// and asks first whether its pixel lies in the image.
/// *Limits*: one thread.
/// *Next*: im2col, which leaves the work to a matrix product.
#include "kernels/conv2d/rungs.hpp"

namespace kbk::cpu {

// [conv2d_naive]
void naive(const Conv2dForward& p, Scratch&) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    float* y = p.y;
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t k = 0; k < s.out_channels; ++k) {
            const std::int64_t first = k / s.group_outputs() * s.group_inputs();  // channel of this filter
            for (std::int64_t i = 0; i < o.height; ++i)
                for (std::int64_t j = 0; j < o.width; ++j) {
                    float sum = p.bias ? p.bias[k] : 0;
                    const float* w = p.weight + k * s.taps();
                    for (std::int64_t c = 0; c < s.group_inputs(); ++c) {
                        const float* plane = p.x + (n * s.in_channels + first + c) * s.image.count();
                        for (std::int64_t u = 0; u < s.kernel.height; ++u)
                            for (std::int64_t v = 0; v < s.kernel.width; ++v, ++w) {
                                const std::int64_t row = i * s.stride.height + u * s.dilation.height - s.padding.height;
                                const std::int64_t column = j * s.stride.width + v * s.dilation.width - s.padding.width;
                                if (row >= 0 && row < s.image.height && column >= 0 && column < s.image.width)
                                    sum += *w * plane[row * s.image.width + column];
                            }
                    }
                    *y++ = sum;
                }
        }
}
// [conv2d_naive]

}  // namespace kbk::cpu
