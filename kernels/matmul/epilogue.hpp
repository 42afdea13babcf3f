/// @file
/// The epilogue as a pass of its own, for rungs that do not fuse it.
#pragma once

#include "kernels/activation/constant_kind.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

/// Add the bias to, and apply the activation on, every element of one finished product.
/// @param p a problem without a batch
inline void apply_epilogue(const Matmul& p) {
    if (p.epilogue.empty()) return;
    const float* bias = p.epilogue.bias;
    with_constant(p.epilogue.activation, [&](auto kind) {
        for (std::int64_t i = 0; i < p.m; ++i) {
            float* row = p.c + i * p.stride_c();
            if (bias)
                for (std::int64_t j = 0; j < p.n; ++j) row[j] = activate(kind(), row[j] + bias[j]);
            else
                for (std::int64_t j = 0; j < p.n; ++j) row[j] = activate(kind(), row[j]);
        }
    });
}

}  // namespace kbk::cpu
