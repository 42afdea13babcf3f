/// @file
/// conv2d_input_gradient/cpu/im2col: the gradient of the columns is one product; each is added where it came from.
///
/// *Change*: transposed filters (taps, channels) times the outputs' gradient (channels, pixels) is the gradient of the
/// matrix of columns. Each of its elements is added to the pixel that it was a copy of (col2im).
/// *Why*: the product is fast, and makes no more multiplications than the convolution did. Predicted: as im2col.
/// *Limits*: at most 1 MiB of columns at a time (or 16 columns, where those are longer).
/// *Next*: scattered, whose columns never leave the first-level cache.
#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/windows.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

// [conv2d_input_gradient_im2col]
void im2col(const Conv2dInputGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const std::int64_t pixels = s.output().count(), block = columns_at_once(s), taps = s.taps();
    const Scratch::Frame frame(scratch);
    float* columns = scratch.take<float>(taps * block);
    std::fill_n(p.dx, s.x_size(), 0.0f);

    for (std::int64_t image = 0; image < s.batch * s.groups; ++image) {
        const std::int64_t n = image / s.groups, g = image % s.groups;
        float* dx = p.dx + (n * s.in_channels + g * s.group_inputs()) * s.image.count();
        const std::int64_t filter = g * s.group_outputs();
        const float* dy = p.dy + (n * s.out_channels + filter) * pixels;
        for (std::int64_t begin = 0; begin < pixels; begin += block) {
            const std::int64_t end = std::min(begin + block, pixels);
            matmul().run({.a = p.weight + filter * taps,
                          .b = dy + begin,
                          .c = columns,
                          .m = taps,
                          .n = end - begin,
                          .k = s.group_outputs(),
                          .transpose_a = true,
                          .ldb = pixels},
                         scratch);
            parallel_for(s.group_inputs(), [&](std::int64_t c) {
                const float* row = columns + c * s.kernel.count() * (end - begin);
                for (std::int64_t tap = 0; tap < s.kernel.count(); ++tap, row += end - begin)
                    scatter_tap(s, dx + c * s.image.count(), tap / s.kernel.width, tap % s.kernel.width, begin, end,
                                row);
            });
        }
    }
}
// [conv2d_input_gradient_im2col]

}  // namespace kbk::cpu
