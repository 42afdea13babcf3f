/// @file
/// The two floats of 16 bits, half (5 exponent bits, 10 fraction bits) and __nv_bfloat16 (8 and 7), their
/// pairs, and CUDA's functions on them. Each operation rounds its exact result once, to nearest, ties to
/// even.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "common/cuda/emulator/atomics.hpp"
#include "common/cuda/emulator/vector_types.hpp"

#define KBK_INLINE [[gnu::always_inline]] inline

namespace kbk::cuda::emulator {

KBK_INLINE std::uint32_t bits_of(float x) {
    return std::bit_cast<std::uint32_t>(x);
}
KBK_INLINE float float_of(std::uint32_t bits) {
    return std::bit_cast<float>(bits);
}

KBK_INLINE std::uint16_t to_half(float x) {
    const std::uint32_t sign = bits_of(x) >> 16 & 0x8000u;
    const std::uint32_t magnitude = bits_of(x) & 0x7fffffffu;
    std::uint32_t result;
    if (magnitude > 0x7f800000u)
        result = 0x7fffu;  // NaN
    else if (magnitude >= 0x477ff000u)
        result = 0x7c00u;  // 65520 and more round to infinity
    else if (magnitude < 0x38800000u)
        result = bits_of(float_of(magnitude) + 0.5f) -
                 bits_of(0.5f);  // subnormal: floats near 1/2 are 2^-24 apart
    else
        result = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    return static_cast<std::uint16_t>(sign | result);
}

KBK_INLINE float from_half(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t magnitude = half & 0x7fffu;
    // Multiplying by 2^112 moves the exponent from one bias to the other, and makes subnormals normal.
    if (magnitude >= 0x7c00u) return float_of(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    return float_of(sign | bits_of(float_of(magnitude << 13) * 0x1p112f));
}

KBK_INLINE std::uint16_t to_bfloat16(float x) {
    const std::uint32_t bits = bits_of(x);
    return static_cast<std::uint16_t>(x != x ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

/// A double as the float beside it whose last bit is 1, unless exact: rounded further, it gives what rounding
/// the double at once would.
KBK_INLINE float rounded_to_odd(double x) {
    const auto nearest = static_cast<float>(x);
    if (static_cast<double>(nearest) == x || x != x || std::isinf(nearest)) return nearest;
    const bool away = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
    return float_of((bits_of(nearest) - (away ? 1 : 0)) | 1u);
}

}  // namespace kbk::cuda::emulator

/// IEEE half precision.
struct __half {
    std::uint16_t bits;

    __half() = default;
    template <class T>
    requires std::is_arithmetic_v<T> KBK_INLINE __half(T x) {
        if constexpr (std::is_same_v<T, float>)
            bits = kbk::cuda::emulator::to_half(x);
        else
            bits = kbk::cuda::emulator::to_half(kbk::cuda::emulator::rounded_to_odd(static_cast<double>(x)));
    }
    KBK_INLINE operator float() const { return kbk::cuda::emulator::from_half(bits); }
};

/// The upper half of a float.
struct __nv_bfloat16 {
    std::uint16_t bits;

    __nv_bfloat16() = default;
    template <class T>
    requires std::is_arithmetic_v<T> KBK_INLINE __nv_bfloat16(T x) {
        if constexpr (std::is_same_v<T, float>)
            bits = kbk::cuda::emulator::to_bfloat16(x);
        else
            bits =
                kbk::cuda::emulator::to_bfloat16(kbk::cuda::emulator::rounded_to_odd(static_cast<double>(x)));
    }
    KBK_INLINE operator float() const { return kbk::cuda::emulator::float_of(std::uint32_t{bits} << 16); }
};

/// Two of them, in one word.
struct alignas(4) __half2 {
    __half x, y;
    __half2() = default;
    KBK_INLINE __half2(__half x_, __half y_) : x(x_), y(y_) {}
};
struct alignas(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
    __nv_bfloat162() = default;
    KBK_INLINE __nv_bfloat162(__nv_bfloat16 x_, __nv_bfloat16 y_) : x(x_), y(y_) {}
};

using half = __half;
using half2 = __half2;
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

namespace kbk::cuda::emulator {

template <class T>
concept small_float = one_of<T, __half, __nv_bfloat16>;
template <class T>
concept small_pair = one_of<T, __half2, __nv_bfloat162>;

}  // namespace kbk::cuda::emulator

// ---- Operators: on values, and on pairs element by element ----

#define KBK_SMALL template <kbk::cuda::emulator::small_float T>
#define KBK_PAIR template <kbk::cuda::emulator::small_pair T>
#define KBK_OPERATOR(op)                                       \
    KBK_SMALL KBK_INLINE T operator op(T a, T b) {             \
        return static_cast<float>(a) op static_cast<float>(b); \
    }                                                          \
    KBK_SMALL KBK_INLINE T& operator op##=(T& a, T b) {        \
        return a = a op b;                                     \
    }                                                          \
    KBK_PAIR KBK_INLINE T operator op(T a, T b) {              \
        return {a.x op b.x, a.y op b.y};                       \
    }                                                          \
    KBK_PAIR KBK_INLINE T& operator op##=(T& a, T b) {         \
        return a = a op b;                                     \
    }
KBK_OPERATOR(+)
KBK_OPERATOR(-)
KBK_OPERATOR(*)
KBK_OPERATOR(/)
#undef KBK_OPERATOR
#define KBK_COMPARISON(op, name)                                     \
    KBK_SMALL KBK_INLINE bool operator op(T a, T b) {                \
        return static_cast<float>(a) op static_cast<float>(b);       \
    }                                                                \
    KBK_SMALL KBK_INLINE bool name(T a, T b) {                       \
        return a op b;                                               \
    }                                                                \
    KBK_PAIR KBK_INLINE T name##2(T a, T b) {                        \
        return {a.x op b.x ? 1.0f : 0.0f, a.y op b.y ? 1.0f : 0.0f}; \
    }
KBK_COMPARISON(==, __heq)
KBK_COMPARISON(!=, __hne)
KBK_COMPARISON(<, __hlt)
KBK_COMPARISON(<=, __hle)
KBK_COMPARISON(>, __hgt)
KBK_COMPARISON(>=, __hge)
#undef KBK_COMPARISON
KBK_SMALL KBK_INLINE T operator-(T a) {
    a.bits ^= 0x8000u;
    return a;
}
KBK_SMALL KBK_INLINE T operator+(T a) {
    return a;
}
KBK_PAIR KBK_INLINE T operator-(T a) {
    return {-a.x, -a.y};
}
KBK_PAIR KBK_INLINE bool operator==(T a, T b) {
    return a.x == b.x && a.y == b.y;
}
KBK_PAIR KBK_INLINE bool operator!=(T a, T b) {
    return !(a == b);
}

// ---- Arithmetic by name ----

KBK_SMALL KBK_INLINE T __hadd(T a, T b) {
    return a + b;
}
KBK_SMALL KBK_INLINE T __hsub(T a, T b) {
    return a - b;
}
KBK_SMALL KBK_INLINE T __hmul(T a, T b) {
    return a * b;
}
KBK_SMALL KBK_INLINE T __hdiv(T a, T b) {
    return a / b;
}
KBK_SMALL KBK_INLINE T __hneg(T a) {
    return -a;
}
KBK_SMALL KBK_INLINE T __habs(T a) {
    a.bits &= 0x7fffu;
    return a;
}
KBK_SMALL KBK_INLINE T __hfma(T a, T b, T c) {
    return static_cast<double>(static_cast<float>(a)) * static_cast<double>(static_cast<float>(b)) +
           static_cast<double>(static_cast<float>(c));
}
KBK_SMALL KBK_INLINE bool __hisnan(T a) {
    return std::isnan(static_cast<float>(a));
}
KBK_SMALL KBK_INLINE int __hisinf(T a) {
    return std::isinf(static_cast<float>(a)) ? (static_cast<float>(a) < 0 ? -1 : 1) : 0;
}
KBK_SMALL KBK_INLINE T __hmax(T a, T b) {
    return __hisnan(b) || a > b ? a : b;
}
KBK_SMALL KBK_INLINE T __hmin(T a, T b) {
    return __hisnan(b) || a < b ? a : b;
}
KBK_PAIR KBK_INLINE T __hadd2(T a, T b) {
    return a + b;
}
KBK_PAIR KBK_INLINE T __hsub2(T a, T b) {
    return a - b;
}
KBK_PAIR KBK_INLINE T __hmul2(T a, T b) {
    return a * b;
}
KBK_PAIR KBK_INLINE T __h2div(T a, T b) {
    return a / b;
}
KBK_PAIR KBK_INLINE T __hneg2(T a) {
    return -a;
}
KBK_PAIR KBK_INLINE T __habs2(T a) {
    return {__habs(a.x), __habs(a.y)};
}
KBK_PAIR KBK_INLINE T __hfma2(T a, T b, T c) {
    return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
}
KBK_PAIR KBK_INLINE T __hmax2(T a, T b) {
    return {__hmax(a.x, b.x), __hmax(a.y, b.y)};
}
KBK_PAIR KBK_INLINE T __hmin2(T a, T b) {
    return {__hmin(a.x, b.x), __hmin(a.y, b.y)};
}

#define KBK_FUNCTION(name, expression)        \
    KBK_SMALL KBK_INLINE T h##name(T a) {     \
        const auto x = static_cast<float>(a); \
        return expression;                    \
    }                                         \
    KBK_PAIR KBK_INLINE T h2##name(T a) {     \
        return {h##name(a.x), h##name(a.y)};  \
    }
KBK_FUNCTION(exp, std::exp(x))
KBK_FUNCTION(exp2, std::exp2(x))
KBK_FUNCTION(log, std::log(x))
KBK_FUNCTION(log2, std::log2(x))
KBK_FUNCTION(log10, std::log10(x))
KBK_FUNCTION(sqrt, std::sqrt(x))
KBK_FUNCTION(rsqrt, 1.0 / std::sqrt(static_cast<double>(x)))
KBK_FUNCTION(rcp, 1.0f / x)
KBK_FUNCTION(sin, std::sin(x))
KBK_FUNCTION(cos, std::cos(x))
KBK_FUNCTION(tanh, std::tanh(x))
KBK_FUNCTION(floor, std::floor(x))
KBK_FUNCTION(ceil, std::ceil(x))
KBK_FUNCTION(trunc, std::trunc(x))
KBK_FUNCTION(rint, std::nearbyint(x))
#undef KBK_FUNCTION

// ---- Conversions, and the parts of a pair: CUDA spells the type's name in each ----

#define KBK_NAMES(name, type, pair)                                                          \
    KBK_INLINE type __float2##name(float x) {                                                \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE type __float2##name##_rn(float x) {                                           \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE type __double2##name(double x) {                                              \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE type __int2##name##_rn(int x) {                                               \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE type __uint2##name##_rn(unsigned x) {                                         \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE float __##name##2float(type x) {                                              \
        return x;                                                                            \
    }                                                                                        \
    KBK_INLINE int __##name##2int_rn(type x) {                                               \
        return static_cast<int>(std::nearbyint(static_cast<float>(x)));                      \
    }                                                                                        \
    KBK_INLINE int __##name##2int_rz(type x) {                                               \
        return static_cast<int>(static_cast<float>(x));                                      \
    }                                                                                        \
    KBK_INLINE unsigned short __##name##_as_ushort(type x) {                                 \
        return x.bits;                                                                       \
    }                                                                                        \
    KBK_INLINE short __##name##_as_short(type x) {                                           \
        return static_cast<short>(x.bits);                                                   \
    }                                                                                        \
    KBK_INLINE type __ushort_as_##name(unsigned short bits) {                                \
        return std::bit_cast<type>(bits);                                                    \
    }                                                                                        \
    KBK_INLINE type __short_as_##name(short bits) {                                          \
        return std::bit_cast<type>(bits);                                                    \
    }                                                                                        \
    KBK_INLINE pair __float2##name##2_rn(float x) {                                          \
        return {x, x};                                                                       \
    }                                                                                        \
    KBK_INLINE pair __floats2##name##2_rn(float x, float y) {                                \
        return {x, y};                                                                       \
    }                                                                                        \
    KBK_INLINE pair __float22##name##2_rn(float2 v) {                                        \
        return {v.x, v.y};                                                                   \
    }                                                                                        \
    KBK_INLINE float2 __##name##22float2(pair v) {                                           \
        return {v.x, v.y};                                                                   \
    }                                                                                        \
    KBK_INLINE pair __##name##2##name##2(type x) {                                           \
        return {x, x};                                                                       \
    }                                                                                        \
    KBK_INLINE pair __halves2##name##2(type x, type y) {                                     \
        return {x, y};                                                                       \
    }                                                                                        \
    KBK_INLINE type __low2##name(pair v) {                                                   \
        return v.x;                                                                          \
    }                                                                                        \
    KBK_INLINE type __high2##name(pair v) {                                                  \
        return v.y;                                                                          \
    }                                                                                        \
    KBK_INLINE pair __low2##name##2(pair v) {                                                \
        return {v.x, v.x};                                                                   \
    }                                                                                        \
    KBK_INLINE pair __high2##name##2(pair v) {                                               \
        return {v.y, v.y};                                                                   \
    }                                                                                        \
    KBK_INLINE pair __lowhigh2highlow(pair v) {                                              \
        return {v.y, v.x};                                                                   \
    }                                                                                        \
    KBK_INLINE float __low2float(pair v) {                                                   \
        return v.x;                                                                          \
    }                                                                                        \
    KBK_INLINE float __high2float(pair v) {                                                  \
        return v.y;                                                                          \
    }                                                                                        \
    KBK_INLINE pair make_##name##2(type x, type y) {                                         \
        return {x, y};                                                                       \
    }                                                                                        \
    KBK_INLINE type atomicAdd(type* address, type value) {                                   \
        return kbk::cuda::emulator::updated(address, [=](type old) { return old + value; }); \
    }                                                                                        \
    KBK_INLINE pair atomicAdd(pair* address, pair value) {                                   \
        return kbk::cuda::emulator::updated(address, [=](pair old) { return old + value; }); \
    }
KBK_NAMES(half, __half, __half2)
KBK_NAMES(bfloat16, __nv_bfloat16, __nv_bfloat162)
#undef KBK_NAMES
#undef KBK_SMALL
#undef KBK_PAIR
#undef KBK_INLINE

/// @endcond
