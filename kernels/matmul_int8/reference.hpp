/// @file
/// The definition of the product in int8, against which every rung is tested. Never optimised.
#pragma once

#include "kernels/matmul_int8/matmul_int8.hpp"

namespace kbk {

/// Compute a product as it is defined, in 64-bit integers and double precision.
/// @param p the product, on the host
inline void reference(const MatmulInt8& p) {
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            std::int64_t sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += std::int64_t{p.a[i * p.k + l]} * p.b[j * p.k + l];
            p.c[i * p.n + j] = float(double(p.scale_a[i]) * double(p.scale_b[j]) * double(sum));
        }
}

}  // namespace kbk
