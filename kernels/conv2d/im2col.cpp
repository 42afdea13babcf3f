/// @file
/// conv2d/cpu/im2col: every window written out as a column of a matrix; the rest is one product.
///
/// *Change*: for a block of output pixels, the pixels that each tap sees are copied to a row of a matrix, (taps,
/// pixels). Filters (channels, taps) times that matrix is the output.
/// *Why*: matrix products have a ladder of their own, and its best rung is near the machine's peak. Each pixel is
/// copied once for each tap, nine times for 3 x 3, so with few filters the copying shows. Predicted: more than half of
/// the product's speed with 64 filters, less with few.
/// *Limits*: memory for the columns, which is bounded here by 1 MiB (or 16 columns, where those are longer): a block of
/// pixels at a time instead of whole images.
/// *Next*: winograd2, which needs fewer multiplications.
#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/windows.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

// [conv2d_im2col]
void im2col(const Conv2dForward& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const std::int64_t pixels = s.output().count(), block = columns_at_once(s), taps = s.taps();
    const Scratch::Frame frame(scratch);
    float* columns = scratch.take<float>(taps * block);

    for (std::int64_t image = 0; image < s.batch * s.groups; ++image) {
        const std::int64_t n = image / s.groups, g = image % s.groups;
        const float* x = p.x + (n * s.in_channels + g * s.group_inputs()) * s.image.count();
        const std::int64_t filter = g * s.group_outputs();
        float* y = p.y + (n * s.out_channels + filter) * pixels;
        for (std::int64_t begin = 0; begin < pixels; begin += block) {
            const std::int64_t end = std::min(begin + block, pixels);

            // Write out what each tap sees.
            parallel_for(s.group_inputs(), [&](std::int64_t c) {
                float* row = columns + c * s.kernel.count() * (end - begin);
                for (std::int64_t tap = 0; tap < s.kernel.count(); ++tap, row += end - begin)
                    gather_tap(s, x + c * s.image.count(), tap / s.kernel.width, tap % s.kernel.width, begin, end, row);
            });

            // Multiply, on top of the bias.
            for (std::int64_t k = 0; p.bias && k < s.group_outputs(); ++k)
                std::fill(y + k * pixels + begin, y + k * pixels + end, p.bias[filter + k]);
            matmul().run({.a = p.weight + filter * taps,
                          .b = columns,
                          .c = y + begin,
                          .m = s.group_outputs(),
                          .n = end - begin,
                          .k = taps,
                          .ldc = pixels,
                          .beta = p.bias ? 1.0f : 0.0f},
                         scratch);
        }
    }
}
// [conv2d_im2col]

}  // namespace kbk::cpu
