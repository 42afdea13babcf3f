/// @file
/// Cases of pooling and its gradient, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/pool2d/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param s    sizes @param kind of pooling
/// @return what tells the case from others, in words
inline std::string describe(const Pool2dShape& s, Pooling kind) {
    return fmt::format("{} {}x{}x{} by {}x{} stride {}x{} padding {}x{}", kind == Pooling::max ? "max" : "average",
                       s.planes, s.height, s.width, s.kernel_height, s.kernel_width, s.stride_height, s.stride_width,
                       s.padding_height, s.padding_width);
}

/// @param s    sizes
/// @param kind of pooling
/// @param x    (planes, height, width)
/// @return the case; a maximum is exact, a mean has the tolerance 8 u of the window's magnitudes
inline Case<Pool2dForward> pool2d_case(const Pool2dShape& s, Pooling kind, const std::vector<float>& x) {
    std::vector<double> scale;
    if (kind == Pooling::average) {
        std::vector<float> magnitudes, means(std::size_t(s.y_size()));
        for (const float v : x) magnitudes.push_back(std::abs(v));
        reference(Pool2dForward{kind, magnitudes.data(), means.data(), s});
        for (const float m : means) scale.push_back(8 * double(m));
    }
    return Case<Pool2dForward>(describe(s, kind), Pool2dForward{kind, nullptr, nullptr, s})
        .input(&Pool2dForward::x, x)
        .output(&Pool2dForward::y, std::vector<float>(std::size_t(s.y_size()), poison()), scale);
}

/// @param s    sizes
/// @param kind of pooling
/// @param x    (planes, height, width)
/// @param dy   (planes, out_height, out_width)
/// @return the case, with the tolerance 8 u of the gradients' magnitudes that a pixel collects
inline Case<Pool2dBackward> pool2d_backward_case(const Pool2dShape& s, Pooling kind, const std::vector<float>& x,
                                                 const std::vector<float>& dy) {
    std::vector<float> magnitudes, collected(std::size_t(s.x_size()));
    for (const float v : dy) magnitudes.push_back(std::abs(v));
    reference(Pool2dBackward{kind, x.data(), magnitudes.data(), collected.data(), s});
    std::vector<double> scale;
    for (const float v : collected) scale.push_back(8 * double(v));
    return Case<Pool2dBackward>(describe(s, kind), Pool2dBackward{kind, nullptr, nullptr, nullptr, s})
        .input(&Pool2dBackward::x, x)
        .input(&Pool2dBackward::dy, dy)
        .output(&Pool2dBackward::dx, std::vector<float>(std::size_t(s.x_size()), poison()), scale);
}

}  // namespace kbk::test
