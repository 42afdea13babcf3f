/// @file
/// Convolution and its gradients as they are defined, each sum in double precision. Never optimised.
#pragma once

#include <vector>

#include "kernels/conv2d/conv2d.hpp"

namespace kbk {

/// Call a function for each product of the definition: visit(y_index, weight_index, x_index). Terms that fall on the
/// padding are left out, since their pixel is zero.
/// @param s     sizes
/// @param visit callable with three std::int64_t
template <class Visit>
void for_each_term(const Conv2dShape& s, const Visit& visit) {
    const Extent o = s.output();
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t k = 0; k < s.out_channels; ++k)
            for (std::int64_t i = 0; i < o.height; ++i)
                for (std::int64_t j = 0; j < o.width; ++j)
                    for (std::int64_t c = 0; c < s.group_inputs(); ++c)
                        for (std::int64_t u = 0; u < s.kernel.height; ++u)
                            for (std::int64_t v = 0; v < s.kernel.width; ++v) {
                                const std::int64_t row = i * s.stride.height + u * s.dilation.height - s.padding.height;
                                const std::int64_t column = j * s.stride.width + v * s.dilation.width - s.padding.width;
                                if (row < 0 || row >= s.image.height || column < 0 || column >= s.image.width) continue;
                                const std::int64_t channel = k / s.group_outputs() * s.group_inputs() + c;
                                visit(((n * s.out_channels + k) * o.height + i) * o.width + j,
                                      ((k * s.group_inputs() + c) * s.kernel.height + u) * s.kernel.width + v,
                                      ((n * s.in_channels + channel) * s.image.height + row) * s.image.width + column);
                            }
}

/// @param p a convolution, on the host
template <class T>
void reference(const BasicConv2d<T>& p) {
    const Conv2dShape& s = p.shape;
    std::vector<double> sum(static_cast<std::size_t>(s.y_size()));
    for_each_term(s, [&](std::int64_t y, std::int64_t w, std::int64_t x) {
        sum[std::size_t(y)] += double(p.weight[w]) * double(p.x[x]);
    });
    const std::int64_t pixels = s.output().count();
    for (std::int64_t i = 0; i < s.y_size(); ++i) {
        if (p.bias) sum[std::size_t(i)] += double(p.bias[i / pixels % s.out_channels]);
        p.y[i] = static_cast<T>(sum[std::size_t(i)]);
    }
}

/// @param p gradient by the images, on the host
template <class T>
void reference(const BasicConv2dInputGradient<T>& p) {
    std::vector<double> sum(static_cast<std::size_t>(p.shape.x_size()));
    for_each_term(p.shape, [&](std::int64_t y, std::int64_t w, std::int64_t x) {
        sum[std::size_t(x)] += double(p.weight[w]) * double(p.dy[y]);
    });
    for (std::int64_t i = 0; i < p.shape.x_size(); ++i) p.dx[i] = static_cast<T>(sum[std::size_t(i)]);
}

/// @param p gradient by weights and bias, on the host
template <class T>
void reference(const BasicConv2dWeightGradient<T>& p) {
    const Conv2dShape& s = p.shape;
    std::vector<double> sum(static_cast<std::size_t>(s.weight_size()));
    for_each_term(s, [&](std::int64_t y, std::int64_t w, std::int64_t x) {
        sum[std::size_t(w)] += double(p.dy[y]) * double(p.x[x]);
    });
    for (std::int64_t i = 0; i < s.weight_size(); ++i) {
        if (p.beta != 0) sum[std::size_t(i)] += double(p.beta) * double(p.dweight[i]);
        p.dweight[i] = static_cast<T>(sum[std::size_t(i)]);
    }
    if (!p.dbias) return;
    const std::int64_t pixels = s.output().count();
    for (std::int64_t k = 0; k < s.out_channels; ++k) {
        double total = p.beta_bias == 0 ? 0.0 : double(p.beta_bias) * double(p.dbias[k]);
        for (std::int64_t n = 0; n < s.batch; ++n)
            for (std::int64_t i = 0; i < pixels; ++i) total += double(p.dy[(n * s.out_channels + k) * pixels + i]);
        p.dbias[k] = static_cast<T>(total);
    }
}

}  // namespace kbk
