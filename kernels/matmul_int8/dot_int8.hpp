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
/// AVX512-VNNI: 64 products, added in fours to 16 sums, in one instruction. It multiplies unsigned by signed numbers, so
/// A's are raised by 128, which is a change of their highest bit. Each total is then too large by 128 times the sum
/// of B's row. Sums may leave 32 bits and come back: they wrap around.
struct DotInt8 {
    using Element = std::int8_t;
    using Operand = __m512i;
    using Sum = __m512i;
    static constexpr std::int64_t width = 64;
    static Operand load_column(const std::int8_t* x) { return held(_mm512_loadu_si512(x)); }
    static Operand load_row(const std::int8_t* x) {
        return held(_mm512_xor_si512(load_column(x), _mm512_set1_epi8(std::int8_t(-128))));
    }
    static Sum zero() { return _mm512_setzero_si512(); }
    static void add(Sum& sum, Operand a, Operand b) { sum = _mm512_dpbusd_epi32(sum, a, b); }
    static std::array<std::uint32_t, dot_rows> totals(const Sum (&sums)[dot_rows]) {
        std::array<std::uint32_t, dot_rows> totals;
        const auto number = [&](int i) { return _mm512_castsi512_ps(sums[i]); };
        const auto add = [](__m512 a, __m512 b) {
            return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
        };
        _mm_storeu_si128(reinterpret_cast<__m128i*>(totals.data()),
                         _mm_castps_si128(_mm512_castps512_ps128(add_across(number(0), number(1), number(2), number(3), add))));
        return totals;
    }
    static std::uint32_t offset(const std::int8_t* b, std::int64_t k) {
        std::int32_t sum = 0;
        for (std::int64_t l = 0; l < k; ++l) sum += b[l];
        return 128u * std::uint32_t(sum);
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
    static Operand load_row(const std::int8_t* x) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
    }
    static Operand load_column(const std::int8_t* x) { return load_row(x); }
    static Sum zero() { return _mm256_setzero_si256(); }
    static void add(Sum& sum, Operand a, Operand b) { sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
    static std::int32_t offset(const std::int8_t*, std::int64_t) { return 0; }
    static std::array<std::int32_t, dot_rows> totals(const Sum (&sums)[dot_rows]) {
        std::array<std::int32_t, dot_rows> totals = {};
        for (std::size_t i = 0; i < dot_rows; ++i) {
            std::int32_t parts[8];
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(parts), sums[i]);
            for (const std::int32_t part : parts) totals[i] += part;
        }
        return totals;
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
    static Operand load_row(const std::int8_t* x) {
        Operand operand;
        for (int l = 0; l < width; ++l) operand.x[l] = x[l];
        return operand;
    }
    static Operand load_column(const std::int8_t* x) { return load_row(x); }
    static Sum zero() { return 0; }
    static void add(Sum& sum, const Operand& a, const Operand& b) {
        for (int l = 0; l < width; ++l) sum += a.x[l] * b.x[l];
    }
    static std::int32_t offset(const std::int8_t*, std::int64_t) { return 0; }
    static std::array<std::int32_t, dot_rows> totals(const Sum (&sums)[dot_rows]) {
        return std::to_array(sums);
    }
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
        dot_tiles<DotInt8>(block, [&](std::int64_t i, std::int64_t j, auto total) {
            p.c[(i0 + i) * p.n + j0 + j] = float(std::int32_t(total)) * (p.scale_a[i0 + i] * p.scale_b[j0 + j]);
        });
    });
}

}  // namespace kbk::cpu
