/// @file
/// The epilogue as a pass of its own over a tile or a product, for rungs that do not fuse it into their stores. For CPU
/// rungs: it includes xsimd.
#pragma once

#include "kernels/activation/vector_math.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

/// Add the bias to, and apply the activation on, every element of one finished product.
/// @param p a problem without a batch
[[gnu::flatten]] inline void apply_epilogue(const Matmul& p) {
    if (p.epilogue.empty()) return;
    const float* bias = p.epilogue.bias;
    with_constant(p.epilogue.activation, [&](auto kind) {
        const auto f = [&](Vector v) { return activate<Polynomials>(kind(), v); };
        const auto biased = [&](Vector v, Vector b) { return activate<Polynomials>(kind(), v + b); };
        for (std::int64_t i = 0; i < p.m; ++i) {
            float* row = p.c + i * p.stride_c();
            if (bias)
                transform(p.n, biased, row, row, bias);
            else
                transform(p.n, f, row, row);
        }
    });
}

}  // namespace kbk::cpu
