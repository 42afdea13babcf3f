/// @file
/// Elementary functions of whole vectors, and loops that apply them to arrays. For CPU rungs: it includes
/// xsimd.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "kernels/activation/constant_kind.hpp"

namespace kbk::cpu {

/// As many floats as a register holds.
using Vector = xsimd::batch<float>;

// [exponential]
/// e^x as a number near 1 times a power of two.
struct SplitExponential {
    Vector less_one;                      ///< e^r - 1
    xsimd::batch<std::int32_t> exponent;  ///< n, and `bias` more, in the lowest bits of a float's pattern
};

/// 1.5 2^23. Added to a number, it leaves no bits for a fraction: the sum is rounded to the nearest integer, which then
/// stands in its lowest bits.
inline constexpr float to_integer = 12582912.0f;

/// With n the integer nearest to x / log 2 and r = x - n log 2, e^x = 2^n e^r, and |r| is at most log(2)/2.
/// @param x    numbers between -104 and 89
/// @param bias what to add to n, an integer
/// @return e^r - 1, and n + bias
inline SplitExponential split_exponential(Vector x, float bias) {
    const Vector shifted = xsimd::fma(x, Vector(1.44269504f), Vector(to_integer + bias)), n = shifted - (to_integer + bias);
    // log 2 in two parts, of which the first has so few bits that n times it is exact.
    const Vector r = xsimd::fnma(n, Vector(-2.12194440e-4f), xsimd::fnma(n, Vector(0.693359375f), x));

    // r + r^2 times a polynomial whose coefficients are near those of the series, 1/2! to 1/6!, by Horner's rule: the
    // small terms first. The series is right in the middle, and off by 1.7e-7 of e^r at one end. This one spreads its
    // error, and is off by 3e-9 at most.
    Vector sum(1.38214685e-3f);
    for (const float c : {8.36866256e-3f, 4.16682549e-2f, 0.166665211f, 0.49999994f})
        sum = xsimd::fma(sum, r, Vector(c));
    return {xsimd::fma(sum, r * r, r), xsimd::bitwise_cast<xsimd::batch<std::int32_t>>(shifted)};
}

/// e^x to one unit in the last place (the tests hold it to 1.05), also where it is subnormal.
/// @param x any numbers
/// @return e^x; infinity beyond 88.7, 0 below -104, NaN of NaN
inline Vector exponential(Vector x) {
    // Beyond the bounds e^x is infinite, or rounds to 0. The order of the arguments lets a NaN pass.
    const Vector bounded = xsimd::min(Vector(89.0f), xsimd::max(Vector(-104.0f), x));
    const auto [less_one, exponent] = split_exponential(bounded, 0);

    // 2^n goes into the exponent's bits. It may be too large or too small for a float where the product is
    // not: multiply by one half of it after the other.
    const auto whole = exponent - std::bit_cast<std::int32_t>(to_integer), half = whole >> 1;
    const auto power = [](const auto& e) { return xsimd::bitwise_cast<Vector>((e + 127) << 23); };
    return (less_one + 1.0f) * power(half) * power(whole - half);
}

/// e^x as kernels need it, where no exponent is large: to one unit in the last place where it is at least 2^-126.
/// @param x numbers, at most 88
/// @return e^x; 0 below -87.7, NaN of NaN
inline Vector falling_exponential(Vector x) {
    // 127 is the bias of a float's exponent, so n + 127 only needs to be moved there. For -88 that makes 0.
    const auto [less_one, exponent] = split_exponential(xsimd::max(Vector(-88.0f), x), 127);
    return (less_one + 1.0f) * xsimd::bitwise_cast<Vector>(exponent << 23);
}
// [exponential]

// [hyperbolic_tangent]
/// tanh(x) to 2.5 units in the last place: with m = e^(-2|x|) - 1, its size is -m / (2 + m).
///
/// Near 0 the exponential is near 1, and to subtract 1 from it would leave no digits. But e^r - 1 is known before
/// anything is added, and 2^n e^r - 1 = 2^n (e^r - 1) + (2^n - 1), of which the last is exact.
/// @param x any numbers
/// @return their hyperbolic tangents; 1 and -1 from 9.02 on, NaN of NaN
inline Vector hyperbolic_tangent(Vector x) {
    const Vector size = xsimd::abs(x);
    const auto [less_one, exponent] = split_exponential(xsimd::max(Vector(-88.0f), -(size + size)), 127);
    const Vector power = xsimd::bitwise_cast<Vector>(exponent << 23), m = xsimd::fma(less_one, power, power - 1.0f);
    return xsimd::copysign(m / (m + 2.0f), x);
}
// [hyperbolic_tangent]

// [normal_tail]
/// The normal distribution right of its middle: density phi(x), to x^2 + 2 units in the last place, and probability
/// beyond, 1 - Phi(x), to x^2 + 4, all digits also where it is small.
///
/// The density is a power of two, whose exponent -x^2 log2(e)/2 is split into an integer and a rest r in [-1/2, 1/2], for
/// which a polynomial has phi(0) 2^r. What is beyond falls as the density does: their quotient, Mills' ratio, falls
/// slowly from 1.25 to about 1/x, and a polynomial of degree 4 over one of degree 5 follows it to 5e-8 of itself. Their
/// first coefficients are 1, so each saves a multiplication, and none is negative, so nothing cancels.
/// @param x numbers that are not negative
/// @return density, probability and its product with x; all 0 from 13.25 on, where floats have lost digits
inline NormalTail<Vector> normal_tail(Vector x) {
    constexpr float shift = to_integer + 127;
    const Vector a = xsimd::min(Vector(13.25f), x);  // the exponent is -126.6 there, rounded -127, of which a float makes 0
    const Vector exponent = a * a * -0.721347520f, shifted = exponent + shift, r = exponent - (shifted - shift);
    Vector sum(4.42477285e-5f);
    for (const float c : {5.36075735e-4f, 3.84423905e-3f, 2.21422873e-2f, 9.58357677e-2f, 0.276525736f, 0.398942292f})
        sum = xsimd::fma(sum, r, Vector(c));
    const Vector density = sum * xsimd::bitwise_cast<Vector>(xsimd::bitwise_cast<xsimd::batch<std::int32_t>>(shifted) << 23);

    Vector above = a + 9.42986488f, below = a + 9.42997932f;
    for (const float c : {41.1017799f, 95.4957962f, 104.872299f}) above = xsimd::fma(above, a, Vector(c));
    for (const float c : {42.0967598f, 105.019974f, 142.958481f, 83.6759872f}) below = xsimd::fma(below, a, Vector(c));
    const Vector beyond = density * above / below;
    return {density, beyond, a * beyond};
}
// [normal_tail]

/// What the formulas of activation_math.hpp are made of, for vectors: polynomials without a branch or a table.
struct Polynomials {
    /// @param x at most 88 @return e^x
    static Vector exp(Vector x) { return falling_exponential(x); }
    /// @param x any numbers @return their hyperbolic tangents
    static Vector tanh(Vector x) { return hyperbolic_tangent(x); }
    /// @param x not negative @return density of the normal distribution, probability beyond, and its product with x
    static NormalTail<Vector> normal_tail(Vector x) { return cpu::normal_tail(x); }
    /// @param x any numbers @return their magnitudes
    static Vector abs(Vector x) { return xsimd::abs(x); }
    /// @param yes which one @param a taken where yes @param b taken elsewhere @return one of them
    static Vector select(xsimd::batch_bool<float> yes, Vector a, Vector b) {
        return xsimd::select(yes, a, b);
    }
};

/// Part of a vector: the end of an array that is no whole number of vectors.
/// @param from   at least `count` values
/// @param count  fewer than a vector has
/// @param filler value of the other lanes
/// @return the values, and fillers
inline Vector load_part(const float* from, std::int64_t count, float filler = 0) {
#ifdef __AVX512F__
    return _mm512_mask_loadu_ps(Vector(filler), __mmask16((1u << count) - 1), from);
#else
    float lanes[Vector::size];
    std::fill(std::copy_n(from, count, lanes), lanes + Vector::size, filler);
    return Vector::load_unaligned(lanes);
#endif
}

/// @param v     a vector
/// @param to    receives its first values
/// @param count how many
inline void store_part(Vector v, float* to, std::int64_t count) {
#ifdef __AVX512F__
    _mm512_mask_storeu_ps(to, __mmask16((1u << count) - 1), v);
#else
    float lanes[Vector::size];
    v.store_unaligned(lanes);
    std::copy_n(lanes, count, to);
#endif
}

/// @param v numbers @return the largest of them, where none is NaN
inline float largest_lane(Vector v) {
#ifdef __AVX512F__
    return _mm512_reduce_max_ps(v);
#else
    float lanes[Vector::size];
    v.store_unaligned(lanes);
    // In halves, each of which is a vector operation: a chain over all lanes would wait for each.
    for (std::size_t half = Vector::size / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i) lanes[i] = std::max(lanes[i], lanes[i + half]);
    return lanes[0];
#endif
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

/// Let all that was stored past the caches arrive, before another thread may read it.
inline void finish_streaming() {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/// As `transform`, but what is written goes past the caches: for arrays that no cache holds. y is none of the
/// x. Call `finish_streaming` after the last of them.
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
}

}  // namespace kbk::cpu
