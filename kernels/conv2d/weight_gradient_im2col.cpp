/// @file
/// conv2d_weight_gradient/cpu/im2col: the outputs' gradient times the transposed matrix of columns.
///
/// *Change*: (channels, pixels) times (pixels, taps), added up over blocks of pixels and images.
/// *Why*: each weight's sum is a dot product of two rows that im2col has laid out. Predicted: as im2col.
/// *Limits*: at most 1 MiB of columns at a time (or 16 columns, where those are longer). Each product is short in the
/// direction of its sums, and all of them add to the same small matrix.
/// *Next*: implicit, which holds tiles of that matrix in registers.
#include <cmath>
#include <utility>

#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/windows.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

// [conv2d_weight_gradient_im2col]
void im2col(const Conv2dWeightGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    const std::int64_t pixels = s.output().count(), block = columns_at_once(s), taps = s.taps();
    const Scratch::Frame frame(scratch);
    float* columns = scratch.take<float>(taps * block);

    for (std::int64_t g = 0; g < s.groups; ++g) {
        const std::int64_t filter = g * s.group_outputs();
        float* dw = p.dweight + filter * taps;
        float beta = p.beta;
        for (std::int64_t n = 0; n < s.batch; ++n)
            for (std::int64_t begin = 0; begin < pixels; begin += block) {
                const std::int64_t end = std::min(begin + block, pixels);
                const float* x = p.x + (n * s.in_channels + g * s.group_inputs()) * s.image.count();
                parallel_for(s.group_inputs(), [&](std::int64_t c) {
                    float* row = columns + c * s.kernel.count() * (end - begin);
                    for (std::int64_t tap = 0; tap < s.kernel.count(); ++tap, row += end - begin)
                        gather_tap(s, x + c * s.image.count(), tap / s.kernel.width, tap % s.kernel.width, begin, end,
                                   row);
                });
                matmul().run({.a = p.dy + (n * s.out_channels + filter) * pixels + begin,
                              .b = columns,
                              .c = dw,
                              .m = s.group_outputs(),
                              .n = taps,
                              .k = end - begin,
                              .transpose_b = true,
                              .lda = pixels,
                              .beta = std::exchange(beta, 1.0f)},
                             scratch);
            }

        // Without any pixel the sums are empty.
        if (s.batch * pixels == 0)
            for (std::int64_t i = 0; i < s.group_outputs() * taps; ++i) dw[i] = beta == 0 ? 0 : beta * dw[i];
    }
    sum_channels(p);
}
// [conv2d_weight_gradient_im2col]

void sum_channels(const Conv2dWeightGradient& p) {
    if (!p.dbias) return;
    const Conv2dShape& s = p.shape;
    const std::int64_t pixels = s.output().count();
    constexpr std::int64_t side_by_side = 16, few = 4;  // sums that do not wait for each other; channels of a task
    parallel_ranges(s.out_channels, few, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t k = first; k < last; ++k) {
            double total = p.beta_bias == 0 ? 0.0 : double(p.beta_bias) * double(p.dbias[k]);
            for (std::int64_t n = 0; n < s.batch; ++n) {
                const float* dy = p.dy + (n * s.out_channels + k) * pixels;
                float sums[side_by_side] = {};
                std::int64_t i = 0;
                for (; i + side_by_side <= pixels; i += side_by_side)
                    for (std::int64_t l = 0; l < side_by_side; ++l) sums[l] += dy[i + l];
                for (; i < pixels; ++i) sums[0] += dy[i];
                for (const float sum : sums) total += double(sum);
            }
            p.dbias[k] = float(total);
        }
    });
}

}  // namespace kbk::cpu
