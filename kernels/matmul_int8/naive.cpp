/// @file
/// matmul_int8/cpu/naive: dot products of small integers, scaled at the end.
///
/// *Change*: none, this is the first rung. *Why*: it is the formula. Sums of integers may be reordered without
/// changing them, so the compiler turns this loop into vectors by itself, which it must not do with floats.
/// Predicted: far above the naive product in float32. *Limits*: none.
/// *Next*: vectorized, which uses each vector three times.
#include "kernels/matmul_int8/rungs.hpp"

namespace kbk::cpu {

// [matmul_int8_naive]
void naive(const MatmulInt8& p, Scratch&) {
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            std::int32_t sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += p.a[i * p.k + l] * p.b[j * p.k + l];
            p.c[i * p.n + j] = float(sum) * (p.scale_a[i] * p.scale_b[j]);
        }
}
// [matmul_int8_naive]

}  // namespace kbk::cpu
