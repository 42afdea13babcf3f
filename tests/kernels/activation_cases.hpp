/// @file
/// Cases of activation functions and their gradients, for the tests of the ladders and for the gallery of
/// broken kernels.
#pragma once

#include <limits>
#include <vector>

#include "kernels/activation/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Whether a kernel writes beside its input or over it.
enum class Place { beside, over };

/// @param kind  which function
/// @param x     its arguments
/// @param place where the values go
/// @return the case; a maximum is exact, so the values must be equal
inline Case<ActivationForward> activation_case(Activation kind, const std::vector<float>& x,
                                               Place place = Place::beside) {
    Case<ActivationForward> test(
        fmt::format("{} of {} elements{}", kind == Activation::relu ? "relu" : "identity", x.size(),
                    place == Place::over ? " in place" : ""),
        ActivationForward{kind, nullptr, nullptr, std::ssize(x)});
    if (place == Place::over)
        return test.output([](ActivationForward& p, float* memory) { p.x = p.y = memory; }, x);
    return test.input(&ActivationForward::x, x)
        .output(&ActivationForward::y, std::vector<float>(x.size(), poison()));
}

/// @param kind  which function
/// @param y     its values
/// @param dy    gradient by its values
/// @param place where the gradient by its arguments goes: beside dy or over it
/// @return the case; the derivative is 0 or 1, so the gradients must be equal
inline Case<ActivationBackward> activation_backward_case(Activation kind, const std::vector<float>& y,
                                                         const std::vector<float>& dy,
                                                         Place place = Place::beside) {
    Case<ActivationBackward> test(
        fmt::format("gradient of {} of {} elements{}", kind == Activation::relu ? "relu" : "identity",
                    y.size(), place == Place::over ? " in place" : ""),
        ActivationBackward{kind, nullptr, nullptr, nullptr, std::ssize(y)});
    test.input(&ActivationBackward::y, y);
    if (place == Place::over)
        return test.output([](ActivationBackward& p, float* memory) { p.dy = p.dx = memory; }, dy);
    return test.input(&ActivationBackward::dy, dy)
        .output(&ActivationBackward::dx, std::vector<float>(dy.size(), poison()));
}

}  // namespace kbk::test
