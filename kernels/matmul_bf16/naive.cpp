/// @file
/// matmul_bf16/cpu/naive: dot products, each number widened when it is used.
///
/// *Change*: none, this is the first rung. *Why*: it is the formula; a bfloat16 becomes a float by a shift.
/// Predicted: the speed of the float32 product's naive rung or less, since each addition waits for the one
/// before it and each number is widened again for every product that it takes part in.
/// *Limits*: none.
/// *Next*: vectorized, which computes a tile of dot products at a time.
#include "kernels/matmul_bf16/rungs.hpp"

namespace kbk::cpu {

// [matmul_bf16_naive]
void naive(const MatmulBf16& p, Scratch&) {
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            float sum = 0;
            for (std::int64_t l = 0; l < p.k; ++l) sum += float(p.a[i * p.k + l]) * float(p.b[j * p.k + l]);
            p.c[i * p.n + j] = sum;
        }
}
// [matmul_bf16_naive]

}  // namespace kbk::cpu
