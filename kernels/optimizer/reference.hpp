/// @file
/// Optimiser steps as they are defined, in double precision.
#pragma once

#include "kernels/optimizer/optimizer_math.hpp"

namespace kbk {

/// @param p parameters and rates, on the host
template <class T>
void reference(const BasicSgd<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i) {
        double weight = p.weight[i], velocity = p.velocity[i];
        sgd_update(p, weight, double(p.gradient[i]), velocity);
        p.weight[i] = static_cast<T>(weight);
        p.velocity[i] = static_cast<T>(velocity);
    }
}

/// @param p parameters and rates, on the host
template <class T>
void reference(const BasicAdam<T>& p) {
    const auto step = adam_step<double>(p);
    for (std::int64_t i = 0; i < p.count; ++i) {
        double weight = p.weight[i], first = p.first[i], second = p.second[i];
        adam_update(p, step, weight, double(p.gradient[i]), first, second);
        p.weight[i] = static_cast<T>(weight);
        p.first[i] = static_cast<T>(first);
        p.second[i] = static_cast<T>(second);
    }
}

}  // namespace kbk
