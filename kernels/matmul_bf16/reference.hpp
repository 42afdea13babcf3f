/// @file
/// The definition of the product in bfloat16, against which every rung is tested. Never optimised.
#pragma once

#include "kernels/matmul_bf16/matmul_bf16.hpp"

namespace kbk {

/// Compute a product as it is defined, each element's sum in double precision.
/// @param p the product, on the host
inline void reference(const MatmulBf16& p) {
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            double sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += double(float(p.a[i * p.k + l])) * double(float(p.b[j * p.k + l]));
            p.c[i * p.n + j] = float(sum);
        }
}

}  // namespace kbk
