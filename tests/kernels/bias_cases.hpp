/// @file
/// Cases of adding a bias and of its gradient, for the ladders' tests and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/bias/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param rows    rows of y
/// @param columns columns of y, and elements of the bias
/// @param y       (rows, columns)
/// @param bias    (columns)
/// @return the case; one correctly rounded addition an element, so the sums must be equal
inline Case<Bias> bias_case(std::int64_t rows, std::int64_t columns, const std::vector<float>& y,
                            const std::vector<float>& bias) {
    return Case<Bias>(fmt::format("({}, {})", rows, columns), Bias{nullptr, nullptr, rows, columns})
        .input(&Bias::bias, bias)
        .output(&Bias::y, y);
}

/// @param rows    rows of dy
/// @param columns columns of dy, and elements of the gradient
/// @param dy      (rows, columns)
/// @param old     (columns), the gradient before
/// @param beta    factor of the old gradient
/// @param exact   whether the sums must be equal
/// @return the case; unless exact with the tolerance 8 u (sqrt(rows) |dy_j| + |beta old_j|) of a matrix
///         product with a row of ones
inline Case<BiasGradient> bias_gradient_case(std::int64_t rows, std::int64_t columns,
                                             const std::vector<float>& dy, const std::vector<float>& old,
                                             float beta, bool exact) {
    std::vector<double> scale(exact ? 0 : std::size_t(columns));
    for (std::size_t j = 0; j < scale.size(); ++j) {
        double squares = 0;
        for (std::int64_t i = 0; i < rows; ++i) {
            const double x = dy[std::size_t(i * columns) + j];
            squares += x * x;
        }
        scale[j] =
            8 * (std::sqrt(double(rows) * squares) + (beta == 0 ? 0 : std::abs(double(beta) * old[j])));
    }
    return Case<BiasGradient>(
               fmt::format("gradient of ({}, {}), beta {}{}", rows, columns, beta, exact ? ", exactly" : ""),
               BiasGradient{nullptr, nullptr, rows, columns, beta})
        .input(&BiasGradient::dy, dy)
        .output(&BiasGradient::gradient, old, scale);
}

}  // namespace kbk::test
