/// @file
/// The ladder of the product in bfloat16, and what holds for all its rungs.
#include "kernels/matmul_bf16/matmul_bf16.hpp"
#include "kernels/matmul_bf16/rungs.hpp"

namespace kbk {

const Ladder<MatmulBf16Rung>& matmul_bf16() {
    static const Ladder<MatmulBf16Rung> ladder(
        "matmul_bf16", {
                           {Device::cpu, "naive", cpu::naive, "dot products, widened as they are used"},
                           {Device::cpu, "vectorized", cpu::vectorized, "a tile of dot products at a time"},
                           {Device::cpu, "threaded", cpu::threaded, "blocks on all cores"},
#ifdef KBK_MINE
                           {Device::cpu, "mine", cpu::mine, "your own"},
#endif
                       });
    return ladder;
}

Cost cost(const MatmulBf16& p) {
    const double m = double(p.m), n = double(p.n), k = double(p.k);
    return {.flops = 2 * m * n * k, .bytes = sizeof(bfloat16) * (m * k + n * k) + sizeof(float) * m * n};
}

void validate(const MatmulBf16& p) {
    require(p.m >= 0 && p.n >= 0 && p.k >= 0, "matmul_bf16: sizes must not be negative: m = {}, n = {}, k = {}", p.m, p.n, p.k);
    if (p.m == 0 || p.n == 0) return;
    require(p.c != nullptr && (p.k == 0 || (p.a && p.b)), "matmul_bf16: A, B or C is a null pointer for m = {}, n = {}, k = {}",
            p.m, p.n, p.k);
}

void to_bfloat16(const float* x, bfloat16* y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = bfloat16::round(x[i]);
}

}  // namespace kbk
