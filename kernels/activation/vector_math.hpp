/// @file
/// Elementary functions of whole vectors, and loops that apply them to arrays. For CPU rungs: it includes
/// xsimd.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "kernels/activation/constant_kind.hpp"

namespace kbk::cpu {

/// As many floats as a register holds.
using Vector = xsimd::batch<float>;

// [exponential]
/// e^x to one unit in the last place (the tests hold it to 1.05), also where it is subnormal.
///
/// With n the integer nearest to x / log 2 and r = x - n log 2, e^x = 2^n e^r, and |r| is at most log(2)/2:
/// there the series of e^r needs but the terms up to r^7 (the next is 5e-9 of the sum, a twelfth of float's
/// rounding error).
/// @param x any numbers
/// @return e^x; infinity beyond 88.7, 0 below -104, NaN of NaN
inline Vector exponential(Vector x) {
    const Vector n = xsimd::nearbyint(x * 1.44269504f);
    // log 2 in two parts, of which the first has so few bits that n times it is exact.
    const Vector r = xsimd::fnma(n, Vector(-2.12194440e-4f), xsimd::fnma(n, Vector(0.693359375f), x));

    // 1 + r + r^2 (1/2! + r/3! + ... + r^5/7!), by Horner's rule: the small terms first.
    Vector sum(1.0f / 5040);
    for (const float c : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f})
        sum = xsimd::fma(sum, r, Vector(c));
    sum = xsimd::fma(sum, r * r, r) + 1.0f;

    // 2^n goes into the exponent's bits. It may be too large or too small for a float where the product is
    // not: multiply by one half of it after the other.
    const auto whole = xsimd::to_int(n), half = whole >> 1;
    const auto power = [](const auto& e) { return xsimd::bitwise_cast<Vector>((e + 127) << 23); };
    const Vector y = sum * power(half) * power(whole - half);
    const Vector bounded = xsimd::select(x < Vector(-104.0f), Vector(0.0f), y);
    return xsimd::select(x > Vector(89.0f), Vector(std::numeric_limits<float>::infinity()), bounded);
}
// [exponential]

// [complementary_error]
/// 1 - erf(x), the complement of the error function, with all digits also where it is small.
///
/// With t = 1 / (1 + 0.4 |x|), which runs from 1 down to 0, erfc(|x|) e^(x^2) / t is so smooth that a
/// polynomial of degree 9 in t follows it to 9e-9 of itself, a sixth of float's rounding error (fitted by
/// least squares with weights that grow where the error is large, until its peaks are level).
/// @param x any numbers
/// @return erfc(x); of negative x by erfc(-x) = 2 - erfc(x)
inline Vector complementary_error(Vector x) {
    const Vector size = xsimd::abs(x), t = 1.0f / xsimd::fma(Vector(0.4f), size, Vector(1.0f));
    Vector sum(-0.0286371615f);
    for (const float c : {0.192823732f, -0.486632887f, 0.531232444f, -0.270927831f, 0.264876238f,
                          0.132155645f, 0.214390898f, 0.225015256f, 0.225703676f})
        sum = xsimd::fma(sum, t, Vector(c));
    const Vector y = t * sum * exponential(-size * size);
    return xsimd::select(x < Vector(0.0f), 2.0f - y, y);
}
// [complementary_error]

/// What the formulas of activation_math.hpp are made of, for vectors: polynomials without a branch or a
/// table. The hyperbolic tangent is xsimd's, built on the same idea.
struct Polynomials {
    /// @param x any numbers @return e^x
    static Vector exp(Vector x) { return exponential(x); }
    /// @param x any numbers @return their hyperbolic tangents
    static Vector tanh(Vector x) { return xsimd::tanh(x); }
    /// @param x any numbers @return 1 - erf(x)
    static Vector erfc(Vector x) { return complementary_error(x); }
    /// @param x any numbers @return their magnitudes
    static Vector abs(Vector x) { return xsimd::abs(x); }
    /// @param yes which one @param a taken where yes @param b taken elsewhere @return one of them
    static Vector select(xsimd::batch_bool<float> yes, Vector a, Vector b) {
        return xsimd::select(yes, a, b);
    }
};

/// Part of a vector: the end of an array that is no whole number of vectors.
/// @param from at least `count` values
/// @param count fewer than a vector has
/// @return the values, and zeros
inline Vector load_part(const float* from, std::int64_t count) {
    float lanes[Vector::size] = {};
    std::copy_n(from, count, lanes);
    return Vector::load_unaligned(lanes);
}

/// @param v     a vector
/// @param to    receives its first values
/// @param count how many
inline void store_part(Vector v, float* to, std::int64_t count) {
    float lanes[Vector::size];
    v.store_unaligned(lanes);
    std::copy_n(lanes, count, to);
}

/// y[i] = f(x[i]...), vector by vector. y may be one of the x.
/// @param n number of elements
/// @param f callable with as many vectors as there are arrays x
/// @param y receives them
/// @param x arrays of n elements
template <class F, class... X>
void transform(std::int64_t n, const F& f, float* y, const X*... x) {
    constexpr std::int64_t width = Vector::size;
    std::int64_t i = 0;
    // Two vectors side by side: while one chain of operations waits for its last result, the other goes on.
    for (; i + 2 * width <= n; i += 2 * width) {
        const Vector first = f(Vector::load_unaligned(x + i)...), second = f(Vector::load_unaligned(x + i + width)...);
        first.store_unaligned(y + i);
        second.store_unaligned(y + i + width);
    }
    for (; i + width <= n; i += width) f(Vector::load_unaligned(x + i)...).store_unaligned(y + i);
    if (i < n) store_part(f(load_part(x + i, n - i)...), y + i, n - i);
}

/// Store a vector past the caches. @param to address of a whole vector, aligned to it @param v the vector
inline void store_past_cache(float* to, Vector v) {
#if defined(__AVX512F__)
    _mm512_stream_ps(to, v);
#elif defined(__AVX__)
    _mm256_stream_ps(to, v);
#elif defined(__SSE2__)
    _mm_stream_ps(to, v);
#else
    v.store_aligned(to);
#endif
}

/// As `transform`, but what is written goes past the caches: for arrays that no cache holds. y is none of the
/// x.
/// @copydetails transform
template <class F, class... X>
void transform_past_cache(std::int64_t n, const F& f, float* y, const X*... x) {
    constexpr std::int64_t width = Vector::size;
    // Such stores need whole, aligned vectors: go to the first in the ordinary way.
    std::int64_t i =
        std::min<std::int64_t>(n, -(reinterpret_cast<std::uintptr_t>(y) / sizeof(float)) % width);
    transform(i, f, y, x...);
    for (; i + 2 * width <= n; i += 2 * width) {
        const Vector first = f(Vector::load_unaligned(x + i)...), second = f(Vector::load_unaligned(x + i + width)...);
        store_past_cache(y + i, first);
        store_past_cache(y + i + width, second);
    }
    transform(n - i, f, y + i, (x + i)...);
#if defined(__SSE2__)
    _mm_sfence();  // before another thread may read
#endif
}

}  // namespace kbk::cpu
