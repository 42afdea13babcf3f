#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/kernels/batch_norm_cases.hpp"
#include "tests/kernels/conv2d_cases.hpp"
#include "tests/kernels/gallery.hpp"
#include "tests/kernels/pool2d_cases.hpp"

namespace kbk::test {

namespace {

// The problem with another shape, of the same numbers of values, computed by the definition.
template <class P>
void with_shape(const P& p, void (*change)(Conv2dShape&)) {
    P q = p;
    change(q.shape);
    reference(q);
}

const Conv2dShape plain{2, 3, {7, 6}, 4, {3, 3}}, padded{2, 4, {7, 6}, 6, {3, 3}, {2, 1}, {1, 1}, {1, 2}, 2};

}  // namespace

TEST_CASE("broken convolutions are rejected") {
    std::vector<Case<Conv2dForward>> cases;
    for (const auto& s : {plain, padded})
        for (const Kind kind : {Kind::integers, Kind::reals}) cases.push_back(conv2d_case(s, kind, true));
    check_gallery<Conv2dForward>(
        {
            {"it turns the filter around, as mathematics does",
             [](const Conv2dForward& p, Scratch&) {
                 const std::int64_t kernel = p.shape.kernel.count();
                 std::vector<float> w(p.weight, p.weight + p.shape.weight_size());
                 for (std::int64_t at = 0; at < p.shape.weight_size(); at += kernel)
                     std::reverse(w.begin() + at, w.begin() + at + kernel);
                 Conv2dForward q = p;
                 q.weight = w.data();
                 reference(q);
             }},
            {"it forgets the bias",
             [](const Conv2dForward& p, Scratch&) {
                 Conv2dForward q = p;
                 q.bias = nullptr;
                 reference(q);
             }},
            {"it ignores the groups",
             [](const Conv2dForward& p, Scratch&) {
                 // Every group sees the first one's channels.
                 reference(p);
                 if (p.shape.groups == 1) return;
                 Conv2dForward q = p;
                 std::vector<float> x(p.x, p.x + p.shape.x_size());
                 const std::int64_t half = p.shape.x_size() / p.shape.batch / 2;
                 for (std::int64_t n = 0; n < p.shape.batch; ++n)
                     std::copy_n(x.begin() + 2 * n * half, half, x.begin() + (2 * n + 1) * half);
                 q.x = x.data();
                 reference(q);
             }},
            {"its padding wraps around",
             [](const Conv2dForward& p, Scratch&) {
                 reference(p);
                 if (p.shape.padding.width) p.y[0] += p.weight[0] * p.x[p.shape.image.width - 1];
             }},
            {"it drops the last column",
             [](const Conv2dForward& p, Scratch&) {
                 const std::int64_t width = p.shape.output().width;
                 std::vector<float> old(p.y, p.y + p.shape.y_size());
                 reference(p);
                 for (std::int64_t i = width - 1; i < p.shape.y_size(); i += width) p.y[i] = old[std::size_t(i)];
             }},
            {"it writes a whole vector behind the last pixel",
             [](const Conv2dForward& p, Scratch&) {
                 reference(p);
                 p.y[p.shape.y_size()] = 0;
             }},
        },
        cases);
}

TEST_CASE("broken gradients of convolutions are rejected") {
    std::vector<Case<Conv2dInputGradient>> inputs;
    std::vector<Case<Conv2dWeightGradient>> weights;
    for (const auto& s : {plain, padded})
        for (const Kind kind : {Kind::integers, Kind::reals}) {
            inputs.push_back(conv2d_input_gradient_case(s, kind));
            for (const float beta : {0.0f, 0.5f}) weights.push_back(conv2d_weight_gradient_case(s, kind, beta, true));
        }
    check_gallery<Conv2dInputGradient>(
        {
            {"it adds to what was there",
             [](const Conv2dInputGradient& p, Scratch&) {
                 std::vector<float> old(p.dx, p.dx + p.shape.x_size());
                 reference(p);
                 for (std::int64_t i = 0; i < p.shape.x_size(); ++i) p.dx[i] += old[std::size_t(i)];
             }},
            {"it does not turn the filter around",
             [](const Conv2dInputGradient& p, Scratch&) {
                 const std::int64_t kernel = p.shape.kernel.count();
                 std::vector<float> w(p.weight, p.weight + p.shape.weight_size());
                 for (std::int64_t at = 0; at < p.shape.weight_size(); at += kernel)
                     std::reverse(w.begin() + at, w.begin() + at + kernel);
                 Conv2dInputGradient q = p;
                 q.weight = w.data();
                 reference(q);
             }},
        },
        inputs);
    check_gallery<Conv2dWeightGradient>(
        {
            {"it ignores beta",
             [](const Conv2dWeightGradient& p, Scratch&) {
                 Conv2dWeightGradient q = p;
                 q.beta = 0;
                 reference(q);
             }},
            {"it takes the weights' beta for the bias",
             [](const Conv2dWeightGradient& p, Scratch&) {
                 Conv2dWeightGradient q = p;
                 q.beta_bias = 1 - q.beta;
                 reference(q);
             }},
            {"it forgets the last image",
             [](const Conv2dWeightGradient& p, Scratch&) {
                 with_shape(p, [](Conv2dShape& s) { --s.batch; });
             }},
        },
        weights);
}

TEST_CASE("broken poolings are rejected") {
    const Pool2dShape s{2, 4, 6, 2, 2, 2, 2}, overlapping{2, 5, 5, 3, 3, 2, 2, 1, 1};
    std::vector<Case<Pool2dForward>> forward;
    std::vector<Case<Pool2dBackward>> backward;
    for (const auto& shape : {s, overlapping})
        for (const Pooling kind : {Pooling::max, Pooling::average}) {
            auto negative = reals(shape.x_size(), "x");
            for (float& v : negative) v -= 2;
            forward.push_back(pool2d_case(shape, kind, negative));
            backward.push_back(pool2d_backward_case(shape, kind, integers(shape.x_size(), "x", 1), reals(shape.y_size(), "dy")));
        }
    check_gallery<Pool2dForward>(
        {
            {"its maximum begins at zero",
             [](const Pool2dForward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; i < p.shape.y_size(); ++i)
                     if (p.kind == Pooling::max) p.y[i] = std::max(0.0f, p.y[i]);
             }},
            {"its mean counts the padding",
             [](const Pool2dForward& p, Scratch&) {
                 reference(p);
                 const auto w = p.shape.window(0, 0);
                 if (p.kind == Pooling::average)
                     p.y[0] *= float(w.count()) / float(p.shape.kernel_height * p.shape.kernel_width);
             }},
        },
        forward);
    check_gallery<Pool2dBackward>(
        {
            {"equals share the gradient",
             [](const Pool2dBackward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; i + 1 < p.shape.x_size() && p.kind == Pooling::max; i += 2)
                     if (p.x[i] == p.x[i + 1] && p.dx[i] != 0) p.dx[i + 1] = p.dx[i];
             }},
            {"it clears nothing",
             [](const Pool2dBackward& p, Scratch&) {
                 std::vector<float> old(p.dx, p.dx + p.shape.x_size());
                 reference(p);
                 for (std::int64_t i = 0; i < p.shape.x_size(); ++i)
                     if (p.dx[i] == 0) p.dx[i] = old[std::size_t(i)];
             }},
            {"overlapping windows overwrite each other",
             [](const Pool2dBackward& p, Scratch&) {
                 reference(p);
                 const Pool2dShape& q = p.shape;
                 if (p.kind == Pooling::average && q.stride_width < q.kernel_width)
                     p.dx[1] = p.dy[1] / float(q.window(0, 1).count());
             }},
        },
        backward);
}

TEST_CASE("broken batch normalisations are rejected") {
    const NormSize s{4, 3, 5};
    check_gallery<BatchNorm>(
        {
            {"its variance is the unbiased one",
             [](const BatchNorm& p, Scratch&) {
                 reference(p);
                 const float factor = std::sqrt(19.0f / 20);
                 for (std::int64_t c = 0; c < p.channels; ++c) {
                     p.inverse_deviation[c] *= factor;
                     for_each_of_channel(p, c, [&](std::int64_t i) { p.y[i] = (p.y[i] - p.shift[c]) * factor + p.shift[c]; });
                 }
             }},
            {"its running variance is the biased one",
             [](const BatchNorm& p, Scratch&) {
                 std::vector<float> old(p.running_variance, p.running_variance + p.channels);
                 reference(p);
                 for (std::int64_t c = 0; c < p.channels; ++c)
                     p.running_variance[c] = 0.9f * old[std::size_t(c)] + 0.95f * (p.running_variance[c] - 0.9f * old[std::size_t(c)]);
             }},
            {"its momentum is exchanged",
             [](const BatchNorm& p, Scratch&) {
                 BatchNorm q = p;
                 q.momentum = 1 - p.momentum;
                 reference(q);
             }},
        },
        {batch_norm_case(s, reals(s.values(), "x"), true)});
    check_gallery<BatchNormBackward>(
        {
            {"it takes mean and deviation for constants",
             [](const BatchNormBackward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t c = 0; c < p.channels; ++c)
                     for_each_of_channel(p, c, [&](std::int64_t i) { p.dx[i] = p.scale[c] * p.inverse_deviation[c] * p.dy[i]; });
             }},
            {"its sums hold the old gradients before they make dx",
             [](const BatchNormBackward& p, Scratch&) {
                 reference(p);
                 const float m = float(p.batch * p.pixels);
                 for (std::int64_t c = 0; c < p.channels; ++c)
                     for_each_of_channel(p, c, [&](std::int64_t i) {
                         p.dx[i] -= p.scale[c] * p.inverse_deviation[c] * p.beta_shift * p.dshift[c] / m;
                     });
             }},
        },
        {batch_norm_backward_case(s, 1)});
}

}  // namespace kbk::test
