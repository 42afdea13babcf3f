/// @file
/// Steps of dot products in int8: in one instruction where the processor has it, else by widening to 16 bits.
#pragma once

#include "kernels/matmul/dot_tiles.hpp"
#include "kernels/matmul_int8/matmul_int8.hpp"

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace kbk::cpu {

/// @cond internal
// [matmul_int8_dot]
#if defined(__AVX512VNNI__)
/// AVX512-VNNI: 64 products, added in fours to 16 sums, in one instruction. It multiplies unsigned by signed
/// numbers, so one operand gives its magnitude and the other takes over its sign.
struct DotInt8 {
    using Element = std::int8_t;
    using Operand = __m512i;
    using Sum = __m512i;
    static constexpr std::int64_t width = 64;
    static Operand load(const std::int8_t* x) { return _mm512_loadu_si512(x); }
    static Sum zero() { return _mm512_setzero_si512(); }
    static void add(Sum& sum, Operand a, Operand b) {
        const __m512i signed_b = _mm512_mask_sub_epi8(b, _mm512_movepi8_mask(a), _mm512_setzero_si512(), b);
        sum = _mm512_dpbusd_epi32(sum, _mm512_abs_epi8(a), signed_b);
    }
    static std::int32_t total(Sum sum) {
        std::int32_t parts[16], all = 0;
        _mm512_storeu_si512(parts, sum);
        for (const std::int32_t part : parts) all += part;
        return all;
    }
};
#elif defined(__AVX2__)
/// AVX2: 16 numbers are widened to 16 bits; their products are added in pairs to 8 sums of 32 bits. (The
/// instruction for 8 bits adds pairs in 16, where two products of 127 * 127 each do not fit.)
struct DotInt8 {
    using Element = std::int8_t;
    using Operand = __m256i;
    using Sum = __m256i;
    static constexpr std::int64_t width = 16;
    static Operand load(const std::int8_t* x) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
    }
    static Sum zero() { return _mm256_setzero_si256(); }
    static void add(Sum& sum, Operand a, Operand b) { sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
    static std::int32_t total(Sum sum) {
        std::int32_t parts[8], all = 0;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(parts), sum);
        for (const std::int32_t part : parts) all += part;
        return all;
    }
};
#else
/// Any processor: plain loops, which the compiler turns into what vectors there are.
struct DotInt8 {
    using Element = std::int8_t;
    static constexpr std::int64_t width = 16;
    struct Operand {
        std::int16_t x[width];
    };
    using Sum = std::int32_t;
    static Operand load(const std::int8_t* x) {
        Operand operand;
        for (int l = 0; l < width; ++l) operand.x[l] = x[l];
        return operand;
    }
    static Sum zero() { return 0; }
    static void add(Sum& sum, const Operand& a, const Operand& b) {
        for (int l = 0; l < width; ++l) sum += a.x[l] * b.x[l];
    }
    static std::int32_t total(Sum sum) { return sum; }
};
#endif
// [matmul_int8_dot]
/// @endcond

/// @param p a product
/// @return its operands' rows
inline DotBlock<std::int8_t> rows_of(const MatmulInt8& p) { return {p.a, p.b, p.k, p.m, p.n}; }

/// Compute one task of a product.
/// @param p    the product
/// @param task its number
inline void compute_task(const MatmulInt8& p, std::int64_t task) {
    dot_task(rows_of(p), task, [&](const DotBlock<std::int8_t>& block, std::int64_t i0, std::int64_t j0) {
        dot_tiles<DotInt8>(block, [&](std::int64_t i, std::int64_t j, std::int32_t total) {
            p.c[(i0 + i) * p.n + j0 + j] = float(total) * (p.scale_a[i0 + i] * p.scale_b[j0 + j]);
        });
    });
}

}  // namespace kbk::cpu
