/// @file
/// The ladder of the product in int8, what holds for all its rungs, and quantisation.
#include <algorithm>
#include <cmath>

#include "kernels/matmul_int8/matmul_int8.hpp"
#include "kernels/matmul_int8/rungs.hpp"

namespace kbk {

const Ladder<MatmulInt8Rung>& matmul_int8() {
    static const Ladder<MatmulInt8Rung> ladder(
        "matmul_int8", {
                           {Device::cpu, "naive", cpu::naive, "dot products of integers"},
                           {Device::cpu, "vectorized", cpu::vectorized, "a tile of dot products at a time"},
                           {Device::cpu, "threaded", cpu::threaded, "blocks on all cores"},
#ifdef KBK_MINE
                           {Device::cpu, "mine", cpu::mine, "your own"},
#endif
                       });
    return ladder;
}

Cost cost(const MatmulInt8& p) {
    const double m = double(p.m), n = double(p.n), k = double(p.k);
    return {.flops = 2 * m * n * k, .bytes = m * k + n * k + sizeof(float) * (m * n + m + n)};
}

void validate(const MatmulInt8& p) {
    // 127 * 127 * k must stay below 2^31, which 133,144 products do.
    constexpr std::int64_t most = 133144;
    require(p.m >= 0 && p.n >= 0 && p.k >= 0, "matmul_int8: sizes must not be negative: m = {}, n = {}, k = {}", p.m, p.n, p.k);
    require(p.k <= most, "matmul_int8: k = {}, but sums of more than {} products may not fit 32 bits; split the product", p.k,
            most);
    if (p.m == 0 || p.n == 0) return;
    require(p.c && p.scale_a && p.scale_b && (p.k == 0 || (p.a && p.b)),
            "matmul_int8: A, B, a scale or C is a null pointer for m = {}, n = {}, k = {}", p.m, p.n, p.k);
}

// [matmul_int8_quantize]
void quantize_rows(const float* x, std::int8_t* q, float* scale, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t r = 0; r < rows; ++r, x += columns, q += columns) {
        float largest = 0;
        for (std::int64_t l = 0; l < columns; ++l) largest = std::max(largest, std::abs(x[l]));
        scale[r] = largest / 127;
        for (std::int64_t l = 0; l < columns; ++l)
            q[l] = scale[r] > 0 ? std::int8_t(std::clamp(std::nearbyint(x[l] / scale[r]), -127.0f, 127.0f)) : std::int8_t(0);
    }
}
// [matmul_int8_quantize]

}  // namespace kbk
