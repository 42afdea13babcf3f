/// @file
/// Exercise 5 of chapter 7: a rung of your own on the ladder of matrix multiplication.
///
/// Make it at least three times as fast as matmul/cpu/naive on a square of 256. When the check passes, copy this
/// file to kernels/matmul/mine.cpp: tests, benchmarks and --kernels matmul=mine then find it by themselves.
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

void mine(const Matmul& p, Scratch&) {
    // Your turn. Start from the naive rung's loops, and ask of each: in which order does it walk through memory?
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) p.c[i * p.stride_c() + j] = 0;
}

}  // namespace kbk::cpu
