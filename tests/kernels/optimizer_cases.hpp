/// @file
/// Cases of optimiser steps, for the tests of their ladders and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/optimizer/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// @return the magnitude that errors are measured by: nothing where the result is a NaN
inline double magnitude(float x) {
    return std::isnan(x) ? 0 : std::abs(double(x));
}

/// What rounding loses near zero, where float has no bits left, in units of its unit roundoff.
inline constexpr double lost_near_zero = 0x1p-148 / 0x1p-24;

/// @param what     what the case is about
/// @param p        rates; sizes and pointers are set here
/// @param weight   before the step
/// @param gradient as many
/// @param velocity before the step, as many
/// @param exact    whether the results must be equal
/// @return the case; unless exact with a tolerance of 8 u of all terms' magnitudes
inline Case<Sgd> sgd_case(const std::string& what, Sgd p, const std::vector<float>& weight,
                          const std::vector<float>& gradient, const std::vector<float>& velocity,
                          bool exact = false) {
    p.count = std::ssize(weight);
    std::vector<double> weight_scale, velocity_scale;
    for (std::size_t i = 0; !exact && i < weight.size(); ++i) {
        const double w = magnitude(weight[i]);
        velocity_scale.push_back(
            8 * (p.momentum * magnitude(velocity[i]) + magnitude(gradient[i]) + p.weight_decay * w));
        weight_scale.push_back(8 * w + p.learning_rate * velocity_scale.back());
    }
    return Case<Sgd>(fmt::format("{}, {} parameters", what, weight.size()), p)
        .input(&Sgd::gradient, gradient)
        .output(&Sgd::weight, weight, weight_scale)
        .output(&Sgd::velocity, velocity, velocity_scale);
}

/// @param what     what the case is about
/// @param p        rates and step; sizes and pointers are set here
/// @param weight   before the step
/// @param gradient as many
/// @param first    mean before the step, as many
/// @param second   mean square before the step, as many, not negative
/// @param exact    whether the results must be equal
/// @return the case; unless exact with a tolerance of 8 u of all terms' magnitudes
inline Case<Adam> adam_case(const std::string& what, Adam p, const std::vector<float>& weight,
                            const std::vector<float>& gradient, const std::vector<float>& first,
                            const std::vector<float>& second, bool exact = false) {
    p.count = std::ssize(weight);
    std::vector<double> weight_scale, first_scale, second_scale;
    for (std::size_t i = 0; !exact && i < weight.size(); ++i) {
        const double g = magnitude(gradient[i]), b1 = p.beta1, b2 = p.beta2, t = double(p.step);
        const double mean = b1 * magnitude(first[i]) + (1 - b1) * g;
        const double square = b2 * second[i] + (1 - b2) * g * g;
        const double root = std::sqrt(square / (1 - std::pow(b2, t))) + p.epsilon;
        first_scale.push_back(8 * mean + lost_near_zero);
        second_scale.push_back(8 * square + lost_near_zero);
        weight_scale.push_back(
            8 * (magnitude(weight[i]) + p.learning_rate * mean / (1 - std::pow(b1, t)) / root));
    }
    return Case<Adam>(fmt::format("{}, step {}, {} parameters", what, p.step, weight.size()), p)
        .input(&Adam::gradient, gradient)
        .output(&Adam::weight, weight, weight_scale)
        .output(&Adam::first, first, first_scale)
        .output(&Adam::second, second, second_scale);
}

/// @return an Adam step of a training far from its end: moments as gradients of about 1 leave them
/// @param p     rates and step
/// @param count number of parameters
inline Case<Adam> adam_case(const std::string& what, const Adam& p, std::int64_t count) {
    auto second = reals(count, "second");
    for (float& v : second) v = v * v;
    return adam_case(what, p, reals(count, "weight"), reals(count, "gradient"), reals(count, "first"),
                     second);
}

/// As above, for gradient descent.
inline Case<Sgd> sgd_case(const std::string& what, const Sgd& p, std::int64_t count) {
    return sgd_case(what, p, reals(count, "weight"), reals(count, "gradient"), reals(count, "velocity"));
}

}  // namespace kbk::test
