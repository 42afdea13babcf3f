/// @file
/// conv2d_input_gradient/cpu/implicit: a convolution again.
///
/// *Change*: the outputs' gradient, with zeros around it, is convolved with the filters turned around, in which input and
/// output channels have changed places.
/// *Why*: pixel (r, c) met tap (u, v) in output (r - u, c - v). So its gradient is a sum over the window that ends there,
/// with the taps in reverse: a convolution, for which there is a good rung. Nothing is added to memory twice. Predicted:
/// the speed of the convolution; but the zeros around are multiplied, too, (h + k - 1)^2 against h^2 windows, so small
/// images lose more than scattered's additions cost.
/// *Limits*: stride 1, and no more padding than the filter reaches; refused where the zeros would cost more than a
/// quarter, and with fewer than four input channels, which are now the filters and leave the tiles nearly empty.
/// *Next*: direct, which multiplies no zeros.
#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/runs.hpp"

namespace kbk::cpu {

// [conv2d_input_gradient_implicit]
void implicit(const Conv2dInputGradient& p, Scratch& scratch) {
    const Conv2dShape& s = p.shape;
    if (s.x_size() == 0) return;
    const std::int64_t inputs = s.group_inputs(), outputs = s.group_outputs(), kernel = s.kernel.count();
    const Scratch::Frame frame(scratch);
    float* turned = scratch.take<float>(s.weight_size());
    parallel_for(s.groups, [&](std::int64_t g) {
        for (std::int64_t c = 0; c < inputs; ++c)
            for (std::int64_t k = 0; k < outputs; ++k) {
                const float* from = p.weight + ((g * outputs + k) * inputs + c) * kernel;
                float* to = turned + ((g * inputs + c) * outputs + k) * kernel;
                for (std::int64_t tap = 0; tap < kernel; ++tap) to[tap] = from[kernel - 1 - tap];
            }
    });

    const auto reach = [](std::int64_t taps, std::int64_t dilation, std::int64_t padding) {
        return dilation * (taps - 1) - padding;
    };
    implicit(Conv2dForward{.x = p.dy,
                           .weight = turned,
                           .bias = nullptr,
                           .y = p.dx,
                           .shape = {.batch = s.batch,
                                     .in_channels = s.out_channels,
                                     .image = s.output(),
                                     .out_channels = s.in_channels,
                                     .kernel = s.kernel,
                                     .padding = {reach(s.kernel.height, s.dilation.height, s.padding.height),
                                                 reach(s.kernel.width, s.dilation.width, s.padding.width)},
                                     .dilation = s.dilation,
                                     .groups = s.groups}},
             scratch);
}
// [conv2d_input_gradient_implicit]

}  // namespace kbk::cpu
