/// @file
/// conv2d_weight_gradient/cpu/naive: for each weight, the sum over all places where its filter lay.
///
/// *Change*: none, this is the first rung: one sum for each weight, one for each bias.
/// *Why*: a weight appears in every output of its channel, each time beside another pixel. Predicted: as slow as the
/// naive convolution.
/// *Limits*: one thread; a running sum in float strays with its length, here batch times pixels.
/// *Next*: im2col, which leaves the work to a matrix product.
#include "kernels/conv2d/rungs.hpp"

namespace kbk::cpu {

// [conv2d_weight_gradient_naive]
void naive(const Conv2dWeightGradient& p, Scratch&) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    float* dw = p.dweight;
    for (std::int64_t k = 0; k < s.out_channels; ++k) {
        const std::int64_t first = k / s.group_outputs() * s.group_inputs();
        for (std::int64_t c = 0; c < s.group_inputs(); ++c)
            for (std::int64_t u = 0; u < s.kernel.height; ++u)
                for (std::int64_t v = 0; v < s.kernel.width; ++v, ++dw) {
                    float sum = p.beta == 0 ? 0 : p.beta * *dw;
                    for (std::int64_t n = 0; n < s.batch; ++n) {
                        const float* plane = p.x + (n * s.in_channels + first + c) * s.image.count();
                        const float* dy = p.dy + (n * s.out_channels + k) * o.count();
                        for (std::int64_t i = 0; i < o.height; ++i)
                            for (std::int64_t j = 0; j < o.width; ++j, ++dy) {
                                const std::int64_t row = i * s.stride.height + u * s.dilation.height - s.padding.height;
                                const std::int64_t column = j * s.stride.width + v * s.dilation.width - s.padding.width;
                                if (row >= 0 && row < s.image.height && column >= 0 && column < s.image.width)
                                    sum += *dy * plane[row * s.image.width + column];
                            }
                    }
                    *dw = sum;
                }
    }
    if (!p.dbias) return;
    for (std::int64_t k = 0; k < s.out_channels; ++k) {
        float sum = p.beta_bias == 0 ? 0 : p.beta_bias * p.dbias[k];
        for (std::int64_t n = 0; n < s.batch; ++n)
            for (std::int64_t i = 0; i < o.count(); ++i) sum += p.dy[(n * s.out_channels + k) * o.count() + i];
        p.dbias[k] = sum;
    }
}
// [conv2d_weight_gradient_naive]

}  // namespace kbk::cpu
