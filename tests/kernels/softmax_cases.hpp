/// @file
/// Cases of softmax and its gradient, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/softmax/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Whether a kernel writes beside its input or over it.
enum class Over { nothing, input };

/// @param what what the case is about
/// @param rows number of rows
/// @param x    (rows, columns)
/// @param over where the probabilities go
/// @return the case. With d_j the distance of logit j from the row's largest, rounding d_j moves e^-d_j by u
/// d_j of
///         itself, and adding up n exponentials strays by about u sqrt(n), so probability j has the tolerance
///         8 u y_j (1 + d_j + log n + sqrt(n)). Probabilities below float's normal numbers may become 0.
inline Case<Softmax> softmax_rows_case(const std::string& what, std::int64_t rows,
                                       const std::vector<float>& x, Over over = Over::nothing) {
    const std::int64_t columns = rows ? std::ssize(x) / rows : 3;
    const double base = 1 + std::log(double(columns)) + std::sqrt(double(columns));
    constexpr double subnormal = 0x1p-126 / 0x1p-24;
    std::vector<double> scale;
    for (std::int64_t i = 0; i < rows && columns; ++i) {
        const float* row = x.data() + i * columns;
        const double largest = *std::max_element(row, row + columns);
        double sum = 0;
        for (std::int64_t j = 0; j < columns; ++j) sum += std::exp(row[j] - largest);
        for (std::int64_t j = 0; j < columns; ++j) {
            const double distance = largest - row[j], y = std::exp(-distance) / sum;
            scale.push_back((y > 0 ? 8 * y * (base + distance) : 0) + subnormal);
        }
    }
    Case<Softmax> test(
        fmt::format("{}, ({}, {}){}", what, rows, columns, over == Over::input ? " in place" : ""),
        Softmax{nullptr, nullptr, rows, columns});
    if (over == Over::input)
        return test.output([](Softmax& p, float* memory) { p.x = p.y = memory; }, x, scale);
    return test.input(&Softmax::x, x).output(&Softmax::y, std::vector<float>(x.size(), poison()), scale);
}

/// @param rows    number of rows
/// @param columns number of columns
/// @param factor  of the logits: how far apart the probabilities are
/// @param over    where the gradient goes
/// @return a case of the gradient, at the probabilities of random logits. The dot product strays by about u
/// sqrt(n) of
///         the sum of its terms' magnitudes, so element j has the tolerance 8 u y_j (|dy_j| + sqrt(n) sum y_k
///         |dy_k|)
inline Case<SoftmaxBackward> softmax_backward_case(std::int64_t rows, std::int64_t columns, float factor = 3,
                                                   Over over = Over::nothing) {
    auto y = reals(rows * columns, "logits");
    for (float& v : y) v *= factor;
    reference(Softmax{y.data(), y.data(), rows, columns});
    const auto dy = reals(rows * columns, "dy");
    std::vector<double> scale;
    for (std::int64_t i = 0; i < rows; ++i) {
        double sum = 0;
        for (std::int64_t j = i * columns; j < (i + 1) * columns; ++j)
            sum += std::abs(double(y[std::size_t(j)]) * dy[std::size_t(j)]);
        for (std::int64_t j = i * columns; j < (i + 1) * columns; ++j)
            scale.push_back(
                8 * double(y[std::size_t(j)]) *
                    (std::abs(double(dy[std::size_t(j)])) + (1 + std::sqrt(double(columns))) * sum) +
                0x1p-126 / 0x1p-24);
    }
    Case<SoftmaxBackward> test(fmt::format("gradient, ({}, {}), logits times {}{}", rows, columns, factor,
                                           over == Over::input ? " in place" : ""),
                               SoftmaxBackward{nullptr, nullptr, nullptr, rows, columns});
    test.input(&SoftmaxBackward::y, y);
    if (over == Over::input)
        return test.output([](SoftmaxBackward& p, float* memory) { p.dy = p.dx = memory; }, dy, scale);
    return test.input(&SoftmaxBackward::dy, dy)
        .output(&SoftmaxBackward::dx, std::vector<float>(dy.size(), poison()), scale);
}

}  // namespace kbk::test
