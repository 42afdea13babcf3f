/// @file
/// CUDA's mathematics that the C++ library lacks: overloaded min and max, intrinsics, bit operations,
/// conversions. Results are those of the host's library: the last bits of transcendental functions differ
/// from a GPU's.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#define KBK_INLINE [[gnu::always_inline]] inline

// ---- min and max for every pair of arithmetic types, as values ----

#define KBK_MIN_MAX(A, B, R)                                                                  \
    KBK_INLINE constexpr R min(A a, B b) {                                                    \
        return static_cast<R>(b) < static_cast<R>(a) ? static_cast<R>(b) : static_cast<R>(a); \
    }                                                                                         \
    KBK_INLINE constexpr R max(A a, B b) {                                                    \
        return static_cast<R>(a) < static_cast<R>(b) ? static_cast<R>(b) : static_cast<R>(a); \
    }
#define KBK_MIN_MAX_MIXED(S, U) \
    KBK_MIN_MAX(S, S, S)        \
    KBK_MIN_MAX(U, U, U)        \
    KBK_MIN_MAX(S, U, U)        \
    KBK_MIN_MAX(U, S, U)
KBK_MIN_MAX_MIXED(int, unsigned)
KBK_MIN_MAX_MIXED(long, unsigned long)
KBK_MIN_MAX_MIXED(long long, unsigned long long)
#undef KBK_MIN_MAX_MIXED
#undef KBK_MIN_MAX
// Of a number and a NaN, the number: as fmin and fmax.
#define KBK_MIN_MAX(A, B, R)               \
    KBK_INLINE constexpr R min(A a, B b) { \
        return a < b || b != b ? a : b;    \
    }                                      \
    KBK_INLINE constexpr R max(A a, B b) { \
        return a > b || b != b ? a : b;    \
    }
KBK_MIN_MAX(float, float, float)
KBK_MIN_MAX(double, double, double)
KBK_MIN_MAX(float, double, double)
KBK_MIN_MAX(double, float, double)
#undef KBK_MIN_MAX

// ---- Single and double precision ----

namespace kbk::cuda::emulator {
inline constexpr double pi = 3.14159265358979323846;
}

KBK_INLINE float rsqrtf(float x) {
    return 1.0f / std::sqrt(x);
}
KBK_INLINE double rsqrt(double x) {
    return 1.0 / std::sqrt(x);
}
KBK_INLINE float rsqrt(float x) {
    return rsqrtf(x);
}
KBK_INLINE float rcbrtf(float x) {
    return 1.0f / std::cbrt(x);
}
KBK_INLINE double rcbrt(double x) {
    return 1.0 / std::cbrt(x);
}
KBK_INLINE float fdividef(float a, float b) {
    return a / b;
}
KBK_INLINE float sinpif(float x) {
    return static_cast<float>(
        std::sin(kbk::cuda::emulator::pi * std::remainder(static_cast<double>(x), 2.0)));
}
KBK_INLINE float cospif(float x) {
    return static_cast<float>(
        std::cos(kbk::cuda::emulator::pi * std::remainder(static_cast<double>(x), 2.0)));
}
KBK_INLINE double sinpi(double x) {
    return std::sin(kbk::cuda::emulator::pi * std::remainder(x, 2.0));
}
KBK_INLINE double cospi(double x) {
    return std::cos(kbk::cuda::emulator::pi * std::remainder(x, 2.0));
}
KBK_INLINE void sincospif(float x, float* sine, float* cosine) {
    *sine = sinpif(x), *cosine = cospif(x);
}
KBK_INLINE float normcdff(float x) {
    return static_cast<float>(0.5 * std::erfc(-static_cast<double>(x) * 0.70710678118654752440));
}
KBK_INLINE double normcdf(double x) {
    return 0.5 * std::erfc(-x * 0.70710678118654752440);
}
KBK_INLINE float rhypotf(float a, float b) {
    return 1.0f / std::hypot(a, b);
}
KBK_INLINE float norm3df(float a, float b, float c) {
    return std::sqrt(a * a + b * b + c * c);
}
KBK_INLINE float rnorm3df(float a, float b, float c) {
    return 1.0f / norm3df(a, b, c);
}

// The fast approximations, exact here.
KBK_INLINE float __expf(float x) noexcept {
    return std::exp(x);
}
KBK_INLINE float __exp10f(float x) noexcept {
    return std::pow(10.0f, x);
}
KBK_INLINE float __logf(float x) noexcept {
    return std::log(x);
}
KBK_INLINE float __log2f(float x) noexcept {
    return std::log2(x);
}
KBK_INLINE float __log10f(float x) noexcept {
    return std::log10(x);
}
KBK_INLINE float __sinf(float x) noexcept {
    return std::sin(x);
}
KBK_INLINE float __cosf(float x) noexcept {
    return std::cos(x);
}
KBK_INLINE float __tanf(float x) noexcept {
    return std::tan(x);
}
KBK_INLINE void __sincosf(float x, float* sine, float* cosine) noexcept {
    *sine = std::sin(x), *cosine = std::cos(x);
}
KBK_INLINE float __powf(float x, float y) noexcept {
    return std::pow(x, y);
}
KBK_INLINE float __tanhf(float x) noexcept {
    return std::tanh(x);
}
KBK_INLINE float __fdividef(float a, float b) {
    return a / b;
}
KBK_INLINE float __saturatef(float x) {
    return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f;
}
KBK_INLINE float __frsqrt_rn(float x) {
    return 1.0f / std::sqrt(x);
}

// One rounding to nearest: what the operators do, but never fused with a neighbour.
#define KBK_ROUNDED(suffix, T)                  \
    KBK_INLINE T __##suffix##add_rn(T a, T b) { \
        return a + b;                           \
    }                                           \
    KBK_INLINE T __##suffix##sub_rn(T a, T b) { \
        return a - b;                           \
    }                                           \
    KBK_INLINE T __##suffix##mul_rn(T a, T b) { \
        return a * b;                           \
    }                                           \
    KBK_INLINE T __##suffix##div_rn(T a, T b) { \
        return a / b;                           \
    }                                           \
    KBK_INLINE T __##suffix##rcp_rn(T a) {      \
        return 1 / a;                           \
    }                                           \
    KBK_INLINE T __##suffix##sqrt_rn(T a) {     \
        return std::sqrt(a);                    \
    }
KBK_ROUNDED(f, float)
KBK_ROUNDED(d, double)
#undef KBK_ROUNDED
KBK_INLINE float __fmaf_rn(float a, float b, float c) {
    return std::fma(a, b, c);
}
KBK_INLINE double __fma_rn(double a, double b, double c) {
    return std::fma(a, b, c);
}

// ---- Bits ----

KBK_INLINE int __popc(unsigned x) {
    return std::popcount(x);
}
KBK_INLINE int __popcll(unsigned long long x) {
    return std::popcount(x);
}
KBK_INLINE int __clz(int x) {
    return std::countl_zero(static_cast<unsigned>(x));
}
KBK_INLINE int __clzll(long long x) {
    return std::countl_zero(static_cast<unsigned long long>(x));
}
KBK_INLINE int __ffs(int x) {
    return x ? std::countr_zero(static_cast<unsigned>(x)) + 1 : 0;
}
KBK_INLINE int __ffsll(long long x) {
    return x ? std::countr_zero(static_cast<unsigned long long>(x)) + 1 : 0;
}
KBK_INLINE unsigned __brev(unsigned x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}
KBK_INLINE unsigned long long __brevll(unsigned long long x) {
    return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 |
           __brev(static_cast<unsigned>(x >> 32));
}
/// Four bytes, each chosen among the eight of (y, x) by a digit of the selector.
KBK_INLINE unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
    const std::uint64_t bytes = static_cast<std::uint64_t>(y) << 32 | x;
    unsigned result = 0;
    for (int i = 0; i < 4; ++i) {
        const unsigned digit = selector >> (4 * i) & 15;
        unsigned byte = static_cast<unsigned>(bytes >> (8 * (digit & 7))) & 255;
        if (digit & 8) byte = byte & 128 ? 255 : 0;  // spread the sign
        result |= byte << (8 * i);
    }
    return result;
}
KBK_INLINE unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(high) << 32 | low) << (shift & 31) >> 32);
}
KBK_INLINE unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(high) << 32 | low) >> (shift & 31));
}

// ---- Integers ----

KBK_INLINE int __mulhi(int a, int b) {
    return static_cast<int>(static_cast<std::int64_t>(a) * b >> 32);
}
KBK_INLINE unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>(static_cast<std::uint64_t>(a) * b >> 32);
}
KBK_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    __extension__ using wide = unsigned __int128;
    return static_cast<unsigned long long>(static_cast<wide>(a) * b >> 64);
}
KBK_INLINE long long __mul64hi(long long a, long long b) {
    __extension__ using wide = __int128;
    return static_cast<long long>(static_cast<wide>(a) * b >> 64);
}
KBK_INLINE int __mul24(int a, int b) {
    return static_cast<int>(static_cast<std::int64_t>(a << 8 >> 8) * (b << 8 >> 8));
}
KBK_INLINE unsigned __umul24(unsigned a, unsigned b) {
    return (a & 0xffffffu) * (b & 0xffffffu);
}
KBK_INLINE unsigned __sad(int a, int b, unsigned c) {
    return (a > b ? static_cast<unsigned>(a) - static_cast<unsigned>(b)
                  : static_cast<unsigned>(b) - static_cast<unsigned>(a)) +
           c;
}
KBK_INLINE unsigned __usad(unsigned a, unsigned b, unsigned c) {
    return (a > b ? a - b : b - a) + c;
}
KBK_INLINE int __hadd(int a, int b) {
    return static_cast<int>((static_cast<std::int64_t>(a) + b) >> 1);
}
KBK_INLINE unsigned __uhadd(unsigned a, unsigned b) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(a) + b) >> 1);
}
/// The dot product of four signed bytes each, plus c.
KBK_INLINE int __dp4a(int a, int b, int c) {
    for (int i = 0; i < 32; i += 8) c += static_cast<std::int8_t>(a >> i) * static_cast<std::int8_t>(b >> i);
    return c;
}
KBK_INLINE unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
    for (int i = 0; i < 32; i += 8) c += (a >> i & 255) * (b >> i & 255);
    return c;
}

// ---- Conversions ----

KBK_INLINE int __float_as_int(float x) {
    return std::bit_cast<int>(x);
}
KBK_INLINE unsigned __float_as_uint(float x) {
    return std::bit_cast<unsigned>(x);
}
KBK_INLINE float __int_as_float(int x) {
    return std::bit_cast<float>(x);
}
KBK_INLINE float __uint_as_float(unsigned x) {
    return std::bit_cast<float>(x);
}
KBK_INLINE long long __double_as_longlong(double x) {
    return std::bit_cast<long long>(x);
}
KBK_INLINE double __longlong_as_double(long long x) {
    return std::bit_cast<double>(x);
}
KBK_INLINE int __double2hiint(double x) {
    return static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 32);
}
KBK_INLINE int __double2loint(double x) {
    return static_cast<int>(std::bit_cast<std::uint64_t>(x));
}
KBK_INLINE double __hiloint2double(int high, int low) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<unsigned>(high)) << 32 |
                                 static_cast<unsigned>(low));
}

namespace kbk::cuda::emulator {
/// To an integer as GPUs convert: beyond the range the nearest end, NaN to 0 (of 4 bytes) or the lowest
/// value's bits.
template <class To, class From>
KBK_INLINE To saturated(From x) {
    if (x != x) return sizeof(To) == 8 ? static_cast<To>(std::uint64_t{1} << 63) : To{0};
    constexpr auto low = std::numeric_limits<To>::min();
    constexpr auto high = std::numeric_limits<To>::max();
    if (x <= static_cast<From>(low)) return low;
    if (x >= static_cast<From>(high)) return high;
    return static_cast<To>(x);
}
}  // namespace kbk::cuda::emulator

#define KBK_CONVERSIONS(from, to, From, To)                           \
    KBK_INLINE To __##from##2##to##_rn(From x) {                      \
        return kbk::cuda::emulator::saturated<To>(std::nearbyint(x)); \
    }                                                                 \
    KBK_INLINE To __##from##2##to##_rz(From x) {                      \
        return kbk::cuda::emulator::saturated<To>(std::trunc(x));     \
    }                                                                 \
    KBK_INLINE To __##from##2##to##_rd(From x) {                      \
        return kbk::cuda::emulator::saturated<To>(std::floor(x));     \
    }                                                                 \
    KBK_INLINE To __##from##2##to##_ru(From x) {                      \
        return kbk::cuda::emulator::saturated<To>(std::ceil(x));      \
    }
KBK_CONVERSIONS(float, int, float, int)
KBK_CONVERSIONS(float, uint, float, unsigned)
KBK_CONVERSIONS(float, ll, float, long long)
KBK_CONVERSIONS(float, ull, float, unsigned long long)
KBK_CONVERSIONS(double, int, double, int)
KBK_CONVERSIONS(double, uint, double, unsigned)
KBK_CONVERSIONS(double, ll, double, long long)
KBK_CONVERSIONS(double, ull, double, unsigned long long)
#undef KBK_CONVERSIONS
KBK_INLINE float __int2float_rn(int x) {
    return static_cast<float>(x);
}
KBK_INLINE float __uint2float_rn(unsigned x) {
    return static_cast<float>(x);
}
KBK_INLINE float __ll2float_rn(long long x) {
    return static_cast<float>(x);
}
KBK_INLINE float __ull2float_rn(unsigned long long x) {
    return static_cast<float>(x);
}
KBK_INLINE double __int2double_rn(int x) {
    return x;
}
KBK_INLINE double __uint2double_rn(unsigned x) {
    return x;
}
KBK_INLINE double __ll2double_rn(long long x) {
    return static_cast<double>(x);
}
KBK_INLINE double __ull2double_rn(unsigned long long x) {
    return static_cast<double>(x);
}
KBK_INLINE float __double2float_rn(double x) {
    return static_cast<float>(x);
}

// ---- Loads and stores with a hint for the caches, which the emulator has not; clocks ----

#define KBK_LOAD(name)                    \
    template <class T>                    \
    KBK_INLINE T name(const T* address) { \
        return *address;                  \
    }
#define KBK_STORE(name)                                               \
    template <class T>                                                \
    KBK_INLINE void name(T* address, std::type_identity_t<T> value) { \
        *address = value;                                             \
    }
KBK_LOAD(__ldg)
KBK_LOAD(__ldcg)
KBK_LOAD(__ldca)
KBK_LOAD(__ldcs)
KBK_LOAD(__ldlu)
KBK_LOAD(__ldcv)
KBK_STORE(__stwb)
KBK_STORE(__stcg)
KBK_STORE(__stcs)
KBK_STORE(__stwt)
#undef KBK_LOAD
#undef KBK_STORE

/// A counter that only ever grows: nanoseconds. It says nothing about a GPU's time.
long long clock64();
KBK_INLINE void __nanosleep(unsigned) {}

#undef KBK_INLINE

/// @endcond
