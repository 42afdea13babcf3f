/// @file
/// A solution of exercise 5: the loop over a row's outputs innermost, its bounds computed once.
#include <algorithm>

#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/windows.hpp"

namespace kbk::cpu {

void mine(const Conv2dForward& p, Scratch&) {
    const Conv2dShape& s = p.shape;
    const Extent o = s.output();
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t k = 0; k < s.out_channels; ++k) {
            float* y = p.y + (n * s.out_channels + k) * o.count();
            std::fill_n(y, o.count(), p.bias ? p.bias[k] : 0.0f);
            for (std::int64_t c = 0; c < s.group_inputs(); ++c) {
                const std::int64_t channel = k / s.group_outputs() * s.group_inputs() + c;
                const float* plane = p.x + (n * s.in_channels + channel) * s.image.count();
                for (std::int64_t i = 0; i < o.height; ++i)
                    for (std::int64_t u = 0; u < s.kernel.height; ++u)
                        for (std::int64_t v = 0; v < s.kernel.width; ++v) {
                            const float w = p.weight[((k * s.group_inputs() + c) * s.kernel.height + u) * s.kernel.width + v];
                            const TapRow t = tap_row(s, u, v, i, 0, o.width);
                            float* __restrict to = y + i * o.width + t.begin;
                            const float* __restrict from = plane + t.row * s.image.width + t.column;
                            const std::int64_t count = t.end - t.begin;
                            if (s.stride.width == 1)
                                for (std::int64_t j = 0; j < count; ++j) to[j] += w * from[j];
                            else
                                for (std::int64_t j = 0; j < count; ++j) to[j] += w * from[j * s.stride.width];
                        }
            }
        }
}

}  // namespace kbk::cpu
