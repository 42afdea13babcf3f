/// @file
/// The chapter's experiments, in the order of the page.
#pragma once

#include "common/app/app.hpp"
#include "kernels/activation/activation_math.hpp"

namespace kbk {

/// A function's derivative, whether it is computed from the argument or from the value.
/// @param kind which function
/// @param x    its argument
/// @return its slope there
inline double slope(Activation kind, double x) {
    return activation_derivative(kind, derivative_needs_argument(kind) ? x : activate(kind, x));
}

/// Exclusive or: no straight line computes it, two bent ones do.
void bend_a_line(Report& report);
/// The functions and their slopes, drawn and in a table.
void show_functions(Report& report);
/// Softmax of three numbers and its Jacobian matrix, as the page works them by hand.
void show_softmax(Report& report);
/// D3's sigmoid(2) and D0's derivatives, the printed ones beside the right ones.
void run_the_documents(Report& report);
/// Gradients on their way through thirty layers.
void go_deep(const Options& options, Report& report);
/// A shallow and a deep network that learn with each function; units that die.
void learn_with_each(const Options& options, Report& report);
/// Where the printed formulas leave the range of float.
void leave_the_range(Report& report);
/// The exponential by hand: how many terms, how exact.
void build_an_exponential(Report& report);
/// The naive and the best rung, timed.
void compare_speed(Report& report);

}  // namespace kbk
