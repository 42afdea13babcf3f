/// @file
/// Cases of sums of squares and of products with a number, for the ladders' tests and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/clip/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param x (count)
/// @return the case. A running sum of n positive numbers strays by about sqrt(n) u of itself
inline Case<SquareSums> square_sums_case(const std::vector<float>& x) {
    const std::int64_t count = std::ssize(x);
    std::vector<double> scale;
    for (std::int64_t b = 0; b < SquareSums::blocks(count); ++b) {
        const std::int64_t begin = b * SquareSums::block, end = std::min(count, begin + SquareSums::block);
        double sum = 0;
        for (std::int64_t i = begin; i < end; ++i) sum += double(x[std::size_t(i)]) * double(x[std::size_t(i)]);
        scale.push_back((1 + std::sqrt(double(end - begin))) * sum);
    }
    return Case<SquareSums>(fmt::format("squares of {} elements", count), SquareSums{nullptr, nullptr, count})
        .input(&SquareSums::x, x)
        .output(&SquareSums::sums, std::vector<float>(scale.size(), poison()), scale);
}

/// @param count  number of elements
/// @param factor of them
/// @return the case; one correctly rounded product an element, so they must be equal
inline Case<Rescale> rescale_case(std::int64_t count, float factor) {
    return Case<Rescale>(fmt::format("{} elements times {}", count, factor), Rescale{nullptr, count, factor})
        .output(&Rescale::x, reals(count, "x"));
}

}  // namespace kbk::test
