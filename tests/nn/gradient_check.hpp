/// @file
/// Gradients of layers against central differences, in double precision.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/tensor/tensor.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @param count how many
/// @param name  numbers of another name differ
/// @return numbers of both signs in double precision, finer than float: no two are equal
inline std::vector<double> doubles(std::int64_t count, std::string_view name) {
    const auto coarse = reals(count, name), fine = reals(count, std::string(name) + " fine");
    std::vector<double> out;
    for (std::size_t i = 0; i < coarse.size(); ++i) out.push_back(coarse[i] + 1e-7 * fine[i]);
    return out;
}

/// @param a numbers
/// @param b as many
/// @return sum of their products: a loss whose gradient by a is b
inline double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// @copydoc dot
inline double dot(const Tensor<double>& a, const Tensor<double>& b) {
    return dot(a.values(), b.values());
}

/// Fail the test unless a gradient equals central differences of the loss, to 1e-7 of its largest element. With steps of
/// 1e-5 truncation and rounding are some 1e-10 of it.
/// @param what     names the gradient in messages
/// @param values   by which the loss is differentiated; changed one after the other, and restored
/// @param gradient as many; copied first, so that it may be what `loss` overwrites
/// @param loss     computes the loss from the values
inline void check_gradient(const std::string& what, std::span<double> values, std::span<const double> gradient,
                           const std::function<double()>& loss) {
    REQUIRE(values.size() == gradient.size());
    const std::vector<double> found(gradient.begin(), gradient.end());
    double largest = 0, worst = 0;
    for (const double g : found) largest = std::max(largest, std::abs(g));
    CHECK_MESSAGE(largest > 1e-4, what, ": a gradient of zeros shows nothing");
    for (std::size_t i = 0; i < values.size(); ++i) {
        constexpr double h = 1e-5;
        const double before = values[i];
        values[i] = before + h;
        const double above = loss();
        values[i] = before - h;
        const double below = loss();
        values[i] = before;
        const double error = std::abs((above - below) / (2 * h) - found[i]);
        if (!(error <= worst)) worst = error;  // also where it is a NaN
    }
    CHECK_MESSAGE(worst <= 1e-7 * largest, what, ": off by ", worst, " where the largest element is ", largest);
}

}  // namespace kbk::test
