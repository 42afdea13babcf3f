/// @file
/// Cases of activation functions and their gradients, for the tests of the ladders and for the gallery of
/// broken kernels.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/activation/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Whether a kernel writes beside its input or over it.
enum class Place { beside, over };

/// How far a function may be off in float, in units of the unit roundoff and of the terms that it is made of.
/// One roundoff for each operation makes 8. An exponential e^-t whose exponent t is itself rounded is off by
/// t of them more.
/// @param kind which function
/// @param x    its argument
/// @return the factor
inline double growth(Activation kind, double x) {
    if (kind == Activation::gelu) return 2 + x * x;  // its error function has twice as many operations
    if (kind == Activation::gelu_tanh) return 1 + 2 * std::abs(x) + 0.1 * std::abs(x * x * x);
    return 1;
}

/// Values below float's normal numbers may become 0.
inline constexpr double below_normal = 0x1p-126 / 0x1p-24;

/// @param kind  which function
/// @param x     its arguments
/// @param place where the values go
/// @param bias  added to each row of as many elements; empty: none
/// @return the case. What is a choice is exact, so the values must be equal; the others have `growth` times 8
/// u |y|
inline Case<ActivationForward> activation_case(Activation kind, const std::vector<float>& x,
                                               Place place = Place::beside,
                                               const std::vector<float>& bias = {}) {
    ActivationForward problem{kind, nullptr, nullptr, std::ssize(x)};
    problem.columns = std::ssize(bias);
    Case<ActivationForward> test(
        fmt::format("{} of {} elements{}{}", name(kind), x.size(),
                    bias.empty() ? "" : fmt::format(" in rows of {} with a bias", bias.size()),
                    place == Place::over ? " in place" : ""),
        problem);
    std::vector<double> scale;
    if ((kind != Activation::relu && kind != Activation::identity) || !bias.empty())
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double b = bias.empty() ? 0 : bias[i % bias.size()], at = double(x[i]) + b,
                         y = activate(kind, at);
            // The sum with the bias is rounded; no slope exceeds 1.2.
            const double sum = bias.empty() ? 0 : 1.2 * std::abs(at);
            const double size = 8 * std::abs(y) * growth(kind, at) + sum;
            scale.push_back(std::isfinite(size) ? size + below_normal : below_normal);
        }
    if (!bias.empty()) test.input(&ActivationForward::bias, bias);
    if (place == Place::over)
        return test.output([](ActivationForward& p, float* memory) { p.x = p.y = memory; }, x, scale);
    return test.input(&ActivationForward::x, x)
        .output(&ActivationForward::y, std::vector<float>(x.size(), poison()), scale);
}

/// @param kind  which function
/// @param v     its arguments where its derivative needs them, else its values
/// @param dy    gradient by its values
/// @param place where the gradient by its arguments goes: beside dy or over it
/// @return the case. A derivative that is 0 or 1 is exact; the others have `growth` times 8 u of their terms
inline Case<ActivationBackward> activation_backward_case(Activation kind, const std::vector<float>& v,
                                                         const std::vector<float>& dy,
                                                         Place place = Place::beside) {
    Case<ActivationBackward> test(fmt::format("gradient of {} of {} elements{}", name(kind), v.size(),
                                              place == Place::over ? " in place" : ""),
                                  ActivationBackward{kind, nullptr, nullptr, nullptr, std::ssize(v)});
    std::vector<double> scale;
    if (kind != Activation::relu && kind != Activation::identity)
        for (std::size_t i = 0; i < v.size(); ++i) {
            // Of the two terms of gelu and silu one is the value divided by the argument.
            double terms = std::abs(activation_derivative(kind, double(v[i])));
            if (derivative_needs_argument(kind) && v[i] != 0)
                terms += 2 * std::abs(activate(kind, double(v[i])) / v[i]);
            const double size = 8 * std::abs(double(dy[i])) * terms * growth(kind, v[i]);
            scale.push_back(std::isfinite(size) ? size + below_normal * (1 + std::abs(double(dy[i]))) : 0);
        }
    if (derivative_needs_argument(kind))
        test.input(&ActivationBackward::x, v);
    else
        test.input(&ActivationBackward::y, v);
    if (place == Place::over)
        return test.output([](ActivationBackward& p, float* memory) { p.dy = p.dx = memory; }, dy, scale);
    return test.input(&ActivationBackward::dy, dy)
        .output(&ActivationBackward::dx, std::vector<float>(dy.size(), poison()), scale);
}

}  // namespace kbk::test
