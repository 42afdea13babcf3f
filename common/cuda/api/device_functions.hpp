/// @file
/// What programs of all times call in kernels, beyond the emulator's own words.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cmath>
#include <cstdint>

#include "common/cuda/api/half_functions.hpp"
#include "common/cuda/api/packed_functions.hpp"
#include "common/cuda/cuda.hpp"

// Deprecated headers and old programs know these attributes and names.
#define __builtin_align__(n) alignas(n)
#define __device_builtin__
#define __cudart_builtin__
#define CUDARTAPI
#define CUDART_CB

/// Hints that change nothing here.
inline void __prof_trigger(int) {}
inline void __brkpt() {
    __trap();
}
inline unsigned __isGlobal(const void*) {
    return 1;
}

// Rounding in other directions: what the nearest result is, is the result here.
#define KBK_ROUNDING(suffix, T, direction)              \
    inline T __##suffix##add_##direction(T a, T b) {    \
        return a + b;                                   \
    }                                                   \
    inline T __##suffix##sub_##direction(T a, T b) {    \
        return a - b;                                   \
    }                                                   \
    inline T __##suffix##mul_##direction(T a, T b) {    \
        return a * b;                                   \
    }                                                   \
    inline T __##suffix##div_##direction(T a, T b) {    \
        return a / b;                                   \
    }                                                   \
    inline T __##suffix##rcp_##direction(T a) {         \
        return 1 / a;                                   \
    }                                                   \
    inline T __##suffix##sqrt_##direction(T a) {        \
        return std::sqrt(a);                            \
    }
#define KBK_ROUNDINGS(direction)                                              \
    KBK_ROUNDING(f, float, direction)                                         \
    KBK_ROUNDING(d, double, direction)                                        \
    inline float __fmaf_##direction(float a, float b, float c) {              \
        return std::fma(a, b, c);                                             \
    }                                                                         \
    inline float __fmaf_ieee_##direction(float a, float b, float c) {         \
        return std::fma(a, b, c);                                             \
    }                                                                         \
    inline double __fma_##direction(double a, double b, double c) {           \
        return std::fma(a, b, c);                                             \
    }                                                                         \
    inline double __ll2double_##direction(long long x) {                      \
        return static_cast<double>(x);                                        \
    }                                                                         \
    inline double __ull2double_##direction(unsigned long long x) {            \
        return static_cast<double>(x);                                        \
    }                                                                         \
    inline float __int2float_##direction(int x) {                             \
        return static_cast<float>(x);                                         \
    }                                                                         \
    inline float __uint2float_##direction(unsigned x) {                       \
        return static_cast<float>(x);                                         \
    }                                                                         \
    inline float __ll2float_##direction(long long x) {                        \
        return static_cast<float>(x);                                         \
    }                                                                         \
    inline float __ull2float_##direction(unsigned long long x) {              \
        return static_cast<float>(x);                                         \
    }                                                                         \
    inline float __double2float_##direction(double x) {                       \
        return static_cast<float>(x);                                         \
    }
KBK_ROUNDINGS(rz)
KBK_ROUNDINGS(ru)
KBK_ROUNDINGS(rd)
#undef KBK_ROUNDINGS
#undef KBK_ROUNDING
inline float __fmaf_ieee_rn(float a, float b, float c) {
    return std::fma(a, b, c);
}

// ---- Mathematics

inline double fdivide(double a, double b) {
    return a / b;
}
inline void sincospi(double x, double* sine, double* cosine) {
    *sine = sinpi(x);
    *cosine = cospi(x);
}
inline double rhypot(double a, double b) {
    return 1 / std::hypot(a, b);
}
inline double norm(int count, const double* v) {
    double sum = 0;
    for (int i = 0; i < count; ++i) sum += v[i] * v[i];
    return std::sqrt(sum);
}
inline float normf(int count, const float* v) {
    double sum = 0;
    for (int i = 0; i < count; ++i) sum += static_cast<double>(v[i]) * static_cast<double>(v[i]);
    return static_cast<float>(std::sqrt(sum));
}
inline double rnorm(int count, const double* v) {
    return 1 / norm(count, v);
}
inline float rnormf(int count, const float* v) {
    return 1 / normf(count, v);
}
inline double norm3d(double a, double b, double c) {
    return std::sqrt(a * a + b * b + c * c);
}
inline double rnorm3d(double a, double b, double c) {
    return 1 / norm3d(a, b, c);
}
inline double norm4d(double a, double b, double c, double d) {
    return std::sqrt(a * a + b * b + c * c + d * d);
}
inline double rnorm4d(double a, double b, double c, double d) {
    return 1 / norm4d(a, b, c, d);
}
inline float norm4df(float a, float b, float c, float d) {
    return std::sqrt(a * a + b * b + c * c + d * d);
}
inline float rnorm4df(float a, float b, float c, float d) {
    return 1 / norm4df(a, b, c, d);
}
/// The x whose error function is y: Newton's steps from Winitzki's approximation.
inline double erfinv(double y) {
    if (!(y > -1 && y < 1)) return y == 1 ? HUGE_VAL : y == -1 ? -HUGE_VAL : std::nan("");
    const double l = std::log1p(-y * y), a = 0.147, half = 2 / (kbk::cuda::emulator::pi * a) + l / 2;
    double x = std::copysign(std::sqrt(std::sqrt(half * half - l / a) - half), y);
    const double slope = 2 / std::sqrt(kbk::cuda::emulator::pi);
    for (int step = 0; step < 4; ++step) {
        // Near 1 the difference of the complements is exact where that of the functions is not.
        const double error = x > 1 ? (1 - y) - std::erfc(x) : x < -1 ? std::erfc(-x) - (1 + y) : std::erf(x) - y;
        x -= error / (slope * std::exp(-x * x));
    }
    return x;
}
inline double erfcinv(double y) {
    if (y > 0.5) return erfinv(1 - y);
    if (!(y > 0)) return y == 0 ? HUGE_VAL : std::nan("");
    double x = std::sqrt(-std::log(y * std::sqrt(-std::log(y) * kbk::cuda::emulator::pi)));
    for (int step = 0; step < 12; ++step)
        x += (std::erfc(x) - y) / (2 / std::sqrt(kbk::cuda::emulator::pi) * std::exp(-x * x));
    return x;
}
inline double normcdfinv(double y) {
    return -std::sqrt(2.0) * erfcinv(2 * y);
}
/// exp(x^2) erfc(x), for large x by its series.
inline double erfcx(double x) {
    if (x < 25) return std::exp(x * x) * std::erfc(x);
    const double s = 1 / (2 * x * x);
    return (1 - s * (1 - 3 * s * (1 - 5 * s))) / (x * std::sqrt(kbk::cuda::emulator::pi));
}
inline double cyl_bessel_i0(double x) {
    return std::cyl_bessel_i(0.0, std::fabs(x));
}
inline double cyl_bessel_i1(double x) {
    return std::copysign(std::cyl_bessel_i(1.0, std::fabs(x)), x);
}
#define KBK_SINGLE(name)                                          \
    inline float name##f(float x) {                               \
        return static_cast<float>(name(static_cast<double>(x)));  \
    }
KBK_SINGLE(erfinv)
KBK_SINGLE(erfcinv)
KBK_SINGLE(normcdfinv)
KBK_SINGLE(erfcx)
KBK_SINGLE(cyl_bessel_i0)
KBK_SINGLE(cyl_bessel_i1)
#undef KBK_SINGLE

// ---- Integers

inline unsigned umin(unsigned a, unsigned b) {
    return min(a, b);
}
inline unsigned umax(unsigned a, unsigned b) {
    return max(a, b);
}
inline long long llmin(long long a, long long b) {
    return min(a, b);
}
inline long long llmax(long long a, long long b) {
    return max(a, b);
}
inline unsigned long long ullmin(unsigned long long a, unsigned long long b) {
    return min(a, b);
}
inline unsigned long long ullmax(unsigned long long a, unsigned long long b) {
    return max(a, b);
}
inline int __rhadd(int a, int b) {
    return static_cast<int>((static_cast<std::int64_t>(a) + b + 1) >> 1);
}
inline unsigned __urhadd(unsigned a, unsigned b) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(a) + b + 1) >> 1);
}

/// Shifts that stop at 32 instead of starting again.
inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? low : __funnelshift_l(low, high, shift);
}
inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? high : __funnelshift_r(low, high, shift);
}
/// The place of the n-th set bit at or above the base (n > 0), at or below it (n < 0), or the base if it is set.
inline unsigned __fns(unsigned mask, unsigned base, int n) {
    if (n == 0) return mask >> base & 1 ? base : ~0u;
    const int step = n > 0 ? 1 : -1;
    for (int left = n > 0 ? n : -n, bit = static_cast<int>(base); bit >= 0 && bit < 32; bit += step)
        if ((mask >> bit & 1) && --left == 0) return static_cast<unsigned>(bit);
    return ~0u;
}

/// Dot products of two 16-bit numbers with the lower or upper two bytes, plus c.
#define KBK_DP2A(name, shift, T, Short, Byte)                                                                   \
    inline T name(T a, T b, T c) {                                                                              \
        return c + static_cast<Short>(a) * static_cast<Byte>(b >> shift) +                                      \
               static_cast<Short>(a >> 16) * static_cast<Byte>(b >> (shift + 8));                               \
    }
KBK_DP2A(__dp2a_lo, 0, int, short, signed char)
KBK_DP2A(__dp2a_hi, 16, int, short, signed char)
KBK_DP2A(__dp2a_lo, 0, unsigned, unsigned short, unsigned char)
KBK_DP2A(__dp2a_hi, 16, unsigned, unsigned short, unsigned char)
#undef KBK_DP2A

/// @endcond
