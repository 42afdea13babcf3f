/// @file
/// The epilogue as a pass of its own, for rungs that do not fuse it.
#pragma once

#include "kernels/matmul/matmul.hpp"

namespace kbk::cpu {

/// Add the bias to, and apply the activation on, every element of one finished product.
/// @param p a problem without a batch
inline void apply_epilogue(const Matmul& p) {
    if (p.epilogue.empty()) return;
    for (std::int64_t i = 0; i < p.m; ++i) {
        float* row = p.c + i * p.stride_c();
        for (std::int64_t j = 0; j < p.n; ++j)
            row[j] = activate(p.epilogue.activation, row[j] + (p.epilogue.bias ? p.epilogue.bias[j] : 0.0f));
    }
}

}  // namespace kbk::cpu
