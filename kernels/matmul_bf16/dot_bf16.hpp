/// @file
/// Steps of dot products in bfloat16: in one instruction where the processor has it, else by widening.
#pragma once

#include <xsimd/xsimd.hpp>

#include "kernels/matmul/dot_tiles.hpp"
#include "kernels/matmul_bf16/matmul_bf16.hpp"

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace kbk::cpu {

/// @cond internal
// [matmul_bf16_dot]
#ifdef __AVX512BF16__
/// AVX512-BF16: 32 products, added in pairs to 16 sums, in one instruction.
struct DotBf16 {
    using Element = bfloat16;
    using Operand = __m512bh;
    using Sum = __m512;
    static constexpr std::int64_t width = 32;
    static Operand load_row(const bfloat16* x) { return (__m512bh)held(_mm512_loadu_si512(x)); }
    static Operand load_column(const bfloat16* x) { return load_row(x); }
    static Sum zero() { return _mm512_setzero_ps(); }
    static void add(Sum& sum, Operand a, Operand b) { sum = _mm512_dpbf16_ps(sum, a, b); }
    static std::array<float, dot_rows> totals(const Sum (&sums)[dot_rows]) {
        std::array<float, dot_rows> totals;
        const auto add = [](Sum a, Sum b) { return _mm512_add_ps(a, b); };
        _mm_storeu_ps(totals.data(), _mm512_castps512_ps128(add_across(sums[0], sums[1], sums[2], sums[3], add)));
        return totals;
    }
    static float offset(const bfloat16*, std::int64_t) { return 0; }
};
#else
/// Any processor: a 32-bit word holds two numbers. Shifted left by 16 it is the first as a float; with its lower
/// half cleared it is the second. Both operands are taken apart alike, so their order does not matter.
struct DotBf16 {
    using Element = bfloat16;
    using Vector = xsimd::batch<float>;
    using Words = xsimd::batch<std::uint32_t>;
    struct Operand {
        Vector first, second;
    };
    using Sum = Vector;
    static constexpr std::int64_t width = 2 * Vector::size;
    static Operand load_row(const bfloat16* x) {
        const Words words = Words::load_unaligned(reinterpret_cast<const std::uint32_t*>(x));
        return {xsimd::bitwise_cast<Vector>(words << 16), xsimd::bitwise_cast<Vector>(words & Words(0xffff0000u))};
    }
    static Operand load_column(const bfloat16* x) { return load_row(x); }
    static Sum zero() { return Vector(0.0f); }
    static void add(Sum& sum, const Operand& a, const Operand& b) {
        sum = xsimd::fma(a.first, b.first, sum);
        sum = xsimd::fma(a.second, b.second, sum);
    }
    static std::array<float, dot_rows> totals(const Sum (&sums)[dot_rows]) {
        std::array<float, dot_rows> totals;
        std::transform(sums, sums + dot_rows, totals.begin(), [](const Sum& sum) { return xsimd::hadd(sum); });
        return totals;
    }
    static float offset(const bfloat16*, std::int64_t) { return 0; }
};
#endif
// [matmul_bf16_dot]
/// @endcond

/// @param p a product
/// @return its operands' rows
inline DotBlock<bfloat16> rows_of(const MatmulBf16& p) { return {p.a, p.b, p.k, p.m, p.n}; }

/// Compute one task of a product.
/// @param p    the product
/// @param task its number
inline void compute_task(const MatmulBf16& p, std::int64_t task) {
    dot_task(rows_of(p), task, [&](const DotBlock<bfloat16>& block, std::int64_t i0, std::int64_t j0) {
        dot_tiles<DotBf16>(block, [&](std::int64_t i, std::int64_t j, float total) {
            p.c[(i0 + i) * p.n + j0 + j] = total;
        });
    });
}

}  // namespace kbk::cpu
