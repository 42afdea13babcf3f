/// @file
/// Cases of optimiser steps, for the tests of their ladders and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <string>
#include <type_traits>
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

/// A mean or sum of squares that divides a step, between what it is and what its terms' magnitudes would
/// give: where a gradient and its decay cancel, the rounding of their sum counts in proportion.
struct SquareBounds {
    double most;   ///< with the magnitudes of gradient and decay added
    double least;  ///< as it is

    /// @param keep     factor of the old value
    /// @param old      the old value
    /// @param add      factor of the new square
    /// @param gradient before the decay
    /// @param decay    decay times weight
    SquareBounds(double keep, double old, double add, double gradient, double decay)
        : most(keep * old + add * std::pow(std::abs(gradient) + std::abs(decay), 2)),
          least(keep * old + add * (gradient + decay) * (gradient + decay)) {}

    /// @param numerator magnitude of what is divided
    /// @param scale     factor of the square under the root
    /// @param epsilon   added to the root
    /// @return the magnitude that the quotient's error is measured by
    [[nodiscard]] double quotient(double numerator, double scale, double epsilon) const {
        const double share = least > 0 ? most / least : 1;
        return std::isnan(least) ? 0 : numerator / (std::sqrt(least * scale) + epsilon) * share;
    }
};

/// @param what     what the case is about
/// @param p        rates; sizes and pointers are set here
/// @param weight   before the step
/// @param gradient as many
/// @param velocity before the step, as many; without momentum it must stay as it is
/// @param exact    whether the results must be equal
/// @return the case; unless exact with a tolerance of 8 u of all terms' magnitudes
inline Case<Sgd> sgd_case(const std::string& what, Sgd p, const std::vector<float>& weight,
                          const std::vector<float>& gradient, const std::vector<float>& velocity,
                          bool exact = false) {
    p.count = std::ssize(weight);
    std::vector<double> weight_scale, velocity_scale;
    for (std::size_t i = 0; !exact && i < weight.size(); ++i) {
        const double w = magnitude(weight[i]), g = magnitude(gradient[i]) + p.weight_decay * w;
        const double v = p.momentum == 0 ? 0 : p.momentum * magnitude(velocity[i]) + g;
        const double step = p.momentum == 0 ? g : p.nesterov ? g + p.momentum * v : v;
        velocity_scale.push_back(8 * v);
        weight_scale.push_back(8 * (w + p.learning_rate * step));
    }
    return Case<Sgd>(fmt::format("{}, {} parameters", what, weight.size()), p)
        .input(&Sgd::gradient, gradient)
        .output(&Sgd::weight, weight, weight_scale)
        .output(&Sgd::velocity, velocity, velocity_scale);
}

/// A step of Adagrad or RMSProp.
/// @param what     what the case is about
/// @param p        rates; sizes and pointers are set here
/// @param weight   before the step
/// @param gradient as many
/// @param square   sum or mean of squares before the step, as many, not negative
/// @param exact    whether the results must be equal
/// @return the case; unless exact with a tolerance of 8 u of all terms' magnitudes
template <class Problem>
Case<Problem> scaled_case(const std::string& what, Problem p, const std::vector<float>& weight,
                          const std::vector<float>& gradient, const std::vector<float>& square,
                          bool exact = false) {
    p.count = std::ssize(weight);
    double keep = 1, add = 1;
    if constexpr (std::is_same_v<Problem, RmsProp>) keep = p.smoothing, add = 1 - keep;
    std::vector<double> weight_scale, square_scale;
    for (std::size_t i = 0; !exact && i < weight.size(); ++i) {
        const double w = magnitude(weight[i]), g = gradient[i], decay = double(p.weight_decay) * weight[i];
        const SquareBounds s(keep, square[i], add, g, decay);
        square_scale.push_back(std::isnan(g) ? 0 : 8 * s.most + lost_near_zero);
        const double step = s.quotient(std::abs(g) + std::abs(decay), 1, p.epsilon);
        weight_scale.push_back(8 * (w + p.learning_rate * step));
    }
    return Case<Problem>(fmt::format("{}, {} parameters", what, weight.size()), p)
        .input(&Problem::gradient, gradient)
        .output(&Problem::weight, weight, weight_scale)
        .output(&Problem::square, square, square_scale);
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
        const double b1 = p.beta1, b2 = p.beta2, t = double(p.step), g = gradient[i];
        const double decay = p.decoupled ? 0 : double(p.weight_decay) * weight[i];
        const double mean = b1 * magnitude(first[i]) + (1 - b1) * (magnitude(gradient[i]) + std::abs(decay));
        const SquareBounds square(b2, second[i], 1 - b2, g, decay);
        first_scale.push_back(8 * mean + lost_near_zero);
        second_scale.push_back(std::isnan(g) ? 0 : 8 * square.most + lost_near_zero);
        const double step =
            square.quotient(mean / (1 - std::pow(b1, t)), 1 / (1 - std::pow(b2, t)), p.epsilon);
        weight_scale.push_back(8 * (magnitude(weight[i]) + p.learning_rate * step));
    }
    return Case<Adam>(fmt::format("{}, step {}, {} parameters", what, p.step, weight.size()), p)
        .input(&Adam::gradient, gradient)
        .output(&Adam::weight, weight, weight_scale)
        .output(&Adam::first, first, first_scale)
        .output(&Adam::second, second, second_scale);
}

/// @return squares of reals, as moments hold them
inline std::vector<float> squares(std::int64_t count, const char* name) {
    auto values = reals(count, name);
    for (float& v : values) v = v * v;
    return values;
}

/// @return a step far from a training's end: state as gradients of about 1 leave it
/// @param p     rates and step
/// @param count number of parameters
inline Case<Adam> adam_case(const std::string& what, const Adam& p, std::int64_t count) {
    return adam_case(what, p, reals(count, "weight"), reals(count, "gradient"), reals(count, "first"),
                     squares(count, "second"));
}

/// As above, for gradient descent.
inline Case<Sgd> sgd_case(const std::string& what, const Sgd& p, std::int64_t count) {
    return sgd_case(what, p, reals(count, "weight"), reals(count, "gradient"), reals(count, "velocity"));
}

/// As above, for Adagrad and RMSProp.
template <class Problem>
Case<Problem> scaled_case(const std::string& what, const Problem& p, std::int64_t count) {
    return scaled_case(what, p, reals(count, "weight"), reals(count, "gradient"), squares(count, "square"));
}

}  // namespace kbk::test
