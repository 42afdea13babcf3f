/// @file
/// Walks of optimisers over surfaces of two parameters, in double precision.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/optimizer/reference.hpp"

namespace kbk {

/// A pair of parameters, or the gradient by them.
struct Pair {
    double x;  ///< the first
    double y;  ///< the second
};

/// A function of two parameters.
struct Surface {
    std::function<double(Pair)> height;  ///< the loss
    std::function<Pair(Pair)> gradient;  ///< its derivatives
};

/// What an optimiser keeps between steps.
struct State {
    double first[2] = {};   ///< velocity, sum or mean of squares, or Adam's mean
    double second[2] = {};  ///< Adam's mean square
};

/// An optimiser: changes two parameters by their gradient.
/// @param w     the parameters, changed
/// @param g     the gradient by them
/// @param state changed
/// @param t     number of the step, from 1
using Stepper = std::function<void(double* w, const double* g, State& state, std::int64_t t)>;

// [steppers]
/// @return plain gradient descent, or with momentum, or with Nesterov's
inline Stepper descent(double rate, double momentum = 0, bool nesterov = false) {
    return [=](double* w, const double* g, State& s, std::int64_t) {
        reference(BasicSgd<double>{w, g, s.first, 2, rate, momentum, 0, nesterov});
    };
}
/// @return Adagrad
inline Stepper adagrad_steps(double rate) {
    return [=](double* w, const double* g, State& s, std::int64_t) {
        reference(BasicAdagrad<double>{w, g, s.first, 2, rate});
    };
}
/// @return RMSProp
inline Stepper rmsprop_steps(double rate, double smoothing = 0.9) {
    return [=](double* w, const double* g, State& s, std::int64_t) {
        reference(BasicRmsProp<double>{w, g, s.first, 2, rate, smoothing});
    };
}
/// @return Adam
inline Stepper adam_steps(double rate, double beta1 = 0.9, double beta2 = 0.999) {
    return [=](double* w, const double* g, State& s, std::int64_t t) {
        reference(BasicAdam<double>{w, g, s.first, s.second, 2, t, rate, beta1, beta2});
    };
}
// [steppers]

/// An optimiser with its name.
struct Walker {
    std::string name;  ///< as figures show it
    Stepper step;      ///< what it does
};

// [walk]
/// @param surface where
/// @param step    an optimiser
/// @param start   first place
/// @param steps   how many
/// @return the places, first and last included: steps + 1 of them
inline std::vector<Pair> walk(const Surface& surface, const Stepper& step, Pair start, int steps) {
    std::vector<Pair> path{start};
    State state;
    double w[2] = {start.x, start.y};
    for (int t = 1; t <= steps; ++t) {
        const Pair gradient = surface.gradient({w[0], w[1]});
        const double g[2] = {gradient.x, gradient.y};
        step(w, g, state, t);
        path.push_back({w[0], w[1]});
    }
    return path;
}
// [walk]

}  // namespace kbk
