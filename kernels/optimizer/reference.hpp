/// @file
/// Optimiser steps as they are defined, in double precision.
#pragma once

#include <tuple>

#include "kernels/optimizer/optimizer_math.hpp"

namespace kbk {

/// Step one parameter in double precision, rounding only what is stored.
/// @param rule     of doubles
/// @param weight   the parameter, updated
/// @param gradient its gradient
/// @param state    its state, updated
template <class Rule, class T, class... State>
void reference_update(const Rule& rule, T& weight, T gradient, State&... state) {
    double new_weight = weight;
    std::tuple new_state{static_cast<double>(state)...};
    std::apply([&](auto&... s) { rule(new_weight, double(gradient), s...); }, new_state);
    weight = static_cast<T>(new_weight);
    std::apply([&](auto&... s) { ((state = static_cast<T>(s)), ...); }, new_state);
}

/// One step over all parameters.
/// @param p parameters and rates, on the host
template <class Problem>
requires requires(const Problem& p) {
    with_rule<double>(p, [](auto&&...) {});
}
void reference(const Problem& p) {
    with_rule<double>(p, [&](const auto& rule, auto*... state) {
        for (std::int64_t i = 0; i < p.count; ++i)
            reference_update(rule, p.weight[i], p.gradient[i], state[i]...);
    });
}

}  // namespace kbk
