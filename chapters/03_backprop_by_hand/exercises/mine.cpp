/// @file
/// Exercise 5 of chapter 3: a rung of your own on the ladder of bias_gradient, which sums the errors of a
/// batch.
///
/// Make it at least three times as fast as bias_gradient/cpu/naive on 1024 rows of 1024 columns. When the
/// check passes, copy this file to kernels/bias/mine.cpp: tests, benchmarks and --kernels bias_gradient=mine
/// then find it by themselves.
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

void mine(const BiasGradient& p, Scratch&) {
    // Your turn. The naive rung walks down one column after the other: how far apart in memory are two
    // numbers of a column? Mind beta: 0 overwrites the gradient (what stands there may be anything), else
    // beta times it stays.
    for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] = 0;
}

}  // namespace kbk::cpu
