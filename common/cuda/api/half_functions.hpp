/// @file
/// The rest of what <cuda_fp16.h> and <cuda_bf16.h> declare: conversions in each direction of rounding, saturation,
/// comparisons that take NaN for true, and masks.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <algorithm>
#include <cmath>

#include "common/cuda/emulator/half.hpp"
#include "common/cuda/emulator/math.hpp"

namespace kbk::cuda::api {

using emulator::small_float;
using emulator::small_pair;

/// The neighbour of a number of 16 bits towards plus or minus infinity.
template <small_float T>
T neighbour(T x, bool up) {
    const bool negative = x.bits >> 15, zero = !(x.bits & 0x7fff);
    if (zero)
        x.bits = up ? 1 : 0x8001;
    else
        x.bits = static_cast<std::uint16_t>(x.bits + (negative == up ? -1 : 1));
    return x;
}

/// A number, rounded towards minus infinity (`d`), plus infinity (`u`) or zero (`z`).
template <small_float T>
T rounded(double x, char direction) {
    const T nearest = x;
    const auto value = static_cast<double>(static_cast<float>(nearest));
    if (x != x || value == x) return nearest;
    const bool up = direction == 'u' || (direction == 'z' && x < 0);
    return value > x == up ? nearest : neighbour(nearest, up);
}

/// A number between 0 and 1; NaN becomes 0.
template <small_float T>
T saturated(T x) {
    return x > T(1) ? T(1) : x > T(0) ? x : T(0);
}

template <small_float T>
T not_negative(T x) {
    return __hisnan(x) || x > T(0) ? x : T(0);
}

template <small_float T>
T nan_of() {
    T nan;
    nan.bits = 0x7fff;
    return nan;
}

}  // namespace kbk::cuda::api

#define KBK_SMALL template <kbk::cuda::emulator::small_float T>
#define KBK_PAIR template <kbk::cuda::emulator::small_pair T>

// ---- Comparisons. The u stands for unordered: true where an operand is NaN; b for both elements ----

#define KBK_COMPARISON(name, op)                                                                    \
    KBK_SMALL bool name##u(T a, T b) {                                                              \
        return __hisnan(a) || __hisnan(b) || a op b;                                                \
    }                                                                                               \
    KBK_PAIR T name##u2(T a, T b) {                                                                 \
        return {name##u(a.x, b.x) ? 1.0f : 0.0f, name##u(a.y, b.y) ? 1.0f : 0.0f};                  \
    }                                                                                               \
    KBK_PAIR unsigned name##2_mask(T a, T b) {                                                      \
        return (a.x op b.x ? 0xffffu : 0u) | (a.y op b.y ? 0xffff0000u : 0u);                       \
    }                                                                                               \
    KBK_PAIR unsigned name##u2_mask(T a, T b) {                                                     \
        return (name##u(a.x, b.x) ? 0xffffu : 0u) | (name##u(a.y, b.y) ? 0xffff0000u : 0u);         \
    }
#define KBK_BOTH(name, both, op)                                  \
    KBK_COMPARISON(name, op)                                      \
    KBK_PAIR bool both##2(T a, T b) {                             \
        return a.x op b.x && a.y op b.y;                          \
    }                                                             \
    KBK_PAIR bool both##u2(T a, T b) {                            \
        return name##u(a.x, b.x) && name##u(a.y, b.y);            \
    }
KBK_BOTH(__heq, __hbeq, ==)
KBK_BOTH(__hne, __hbne, !=)
KBK_BOTH(__hlt, __hblt, <)
KBK_BOTH(__hle, __hble, <=)
KBK_BOTH(__hgt, __hbgt, >)
KBK_BOTH(__hge, __hbge, >=)
#undef KBK_BOTH
#undef KBK_COMPARISON

// ---- Arithmetic ----

#define KBK_ARITHMETIC(name, op)                                                                     \
    KBK_SMALL T name##_rn(T a, T b) {                                                                \
        return a op b;                                                                               \
    }                                                                                                \
    KBK_PAIR T name##2_rn(T a, T b) {                                                                \
        return a op b;                                                                               \
    }                                                                                                \
    KBK_SMALL T name##_sat(T a, T b) {                                                               \
        return kbk::cuda::api::saturated(a op b);                                                    \
    }                                                                                                \
    KBK_PAIR T name##2_sat(T a, T b) {                                                               \
        return {kbk::cuda::api::saturated(a.x op b.x), kbk::cuda::api::saturated(a.y op b.y)};       \
    }
KBK_ARITHMETIC(__hadd, +)
KBK_ARITHMETIC(__hsub, -)
KBK_ARITHMETIC(__hmul, *)
#undef KBK_ARITHMETIC
KBK_SMALL T __hfma_sat(T a, T b, T c) {
    return kbk::cuda::api::saturated(__hfma(a, b, c));
}
KBK_SMALL T __hfma_relu(T a, T b, T c) {
    return kbk::cuda::api::not_negative(__hfma(a, b, c));
}
KBK_PAIR T __hfma2_sat(T a, T b, T c) {
    return {__hfma_sat(a.x, b.x, c.x), __hfma_sat(a.y, b.y, c.y)};
}
KBK_PAIR T __hfma2_relu(T a, T b, T c) {
    return {__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y)};
}
/// The product of two complex numbers, plus a third.
KBK_PAIR T __hcmadd(T a, T b, T c) {
    return {__hfma(-a.y, b.y, __hfma(a.x, b.x, c.x)), __hfma(a.y, b.x, __hfma(a.x, b.y, c.y))};
}
KBK_SMALL T __hmax_nan(T a, T b) {
    return __hisnan(a) || __hisnan(b) ? kbk::cuda::api::nan_of<T>() : __hmax(a, b);
}
KBK_SMALL T __hmin_nan(T a, T b) {
    return __hisnan(a) || __hisnan(b) ? kbk::cuda::api::nan_of<T>() : __hmin(a, b);
}
KBK_PAIR T __hmax2_nan(T a, T b) {
    return {__hmax_nan(a.x, b.x), __hmax_nan(a.y, b.y)};
}
KBK_PAIR T __hmin2_nan(T a, T b) {
    return {__hmin_nan(a.x, b.x), __hmin_nan(a.y, b.y)};
}
KBK_PAIR T __hisnan2(T a) {
    return {__hisnan(a.x) ? 1.0f : 0.0f, __hisnan(a.y) ? 1.0f : 0.0f};
}
KBK_SMALL T hexp10(T a) {
    return std::pow(10.0, static_cast<double>(static_cast<float>(a)));
}
KBK_PAIR T h2exp10(T a) {
    return {hexp10(a.x), hexp10(a.y)};
}
KBK_SMALL T htanh_approx(T a) {
    return htanh(a);
}
KBK_PAIR T h2tanh_approx(T a) {
    return h2tanh(a);
}

// ---- Conversions: from and to each type of number, in each direction ----

#define KBK_DIRECTIONS(name, type, from, From)                                     \
    inline type __##from##2##name##_rd(From x) {                                   \
        return kbk::cuda::api::rounded<type>(static_cast<double>(x), 'd');         \
    }                                                                              \
    inline type __##from##2##name##_ru(From x) {                                   \
        return kbk::cuda::api::rounded<type>(static_cast<double>(x), 'u');         \
    }                                                                              \
    inline type __##from##2##name##_rz(From x) {                                   \
        return kbk::cuda::api::rounded<type>(static_cast<double>(x), 'z');         \
    }
#define KBK_FROM(name, type, from, From)            \
    KBK_DIRECTIONS(name, type, from, From)          \
    inline type __##from##2##name##_rn(From x) {    \
        return static_cast<double>(x);              \
    }
#define KBK_TO(name, type, to, To, direction, function)                                            \
    inline To __##name##2##to##_##direction(type x) {                                              \
        return kbk::cuda::emulator::saturated<To>(std::function(static_cast<double>(float(x))));   \
    }
#define KBK_TO_ALL(name, type, to, To)             \
    KBK_TO(name, type, to, To, rn, nearbyint)      \
    KBK_TO(name, type, to, To, rz, trunc)          \
    KBK_TO(name, type, to, To, rd, floor)          \
    KBK_TO(name, type, to, To, ru, ceil)
#define KBK_NAMES(name, type, pair)                             \
    KBK_DIRECTIONS(name, type, float, float)                    \
    KBK_DIRECTIONS(name, type, int, int)                        \
    KBK_DIRECTIONS(name, type, uint, unsigned)                  \
    KBK_FROM(name, type, short, short)                          \
    KBK_FROM(name, type, ushort, unsigned short)                \
    KBK_FROM(name, type, ll, long long)                         \
    KBK_FROM(name, type, ull, unsigned long long)               \
    KBK_TO(name, type, int, int, rd, floor)                     \
    KBK_TO(name, type, int, int, ru, ceil)                      \
    KBK_TO_ALL(name, type, uint, unsigned)                      \
    KBK_TO_ALL(name, type, short, short)                        \
    KBK_TO_ALL(name, type, ushort, unsigned short)              \
    KBK_TO_ALL(name, type, ll, long long)                       \
    KBK_TO_ALL(name, type, ull, unsigned long long)             \
    KBK_TO(name, type, char, signed char, rz, trunc)            \
    KBK_TO(name, type, uchar, unsigned char, rz, trunc)         \
    inline pair __lows2##name##2(pair a, pair b) {              \
        return {a.x, b.x};                                      \
    }                                                           \
    inline pair __highs2##name##2(pair a, pair b) {             \
        return {a.y, b.y};                                      \
    }
KBK_NAMES(half, __half, __half2)
KBK_NAMES(bfloat16, __nv_bfloat16, __nv_bfloat162)
#undef KBK_NAMES
#undef KBK_TO_ALL
#undef KBK_TO
#undef KBK_FROM
#undef KBK_DIRECTIONS
#undef KBK_SMALL
#undef KBK_PAIR

/// Their bits.
struct __half_raw {
    unsigned short x;
    __half_raw() = default;
    __half_raw(__half h) : x(h.bits) {}
    operator __half() const { return __ushort_as_half(x); }
};
struct __nv_bfloat16_raw {
    unsigned short x;
    __nv_bfloat16_raw() = default;
    __nv_bfloat16_raw(__nv_bfloat16 h) : x(h.bits) {}
    operator __nv_bfloat16() const { return __ushort_as_bfloat16(x); }
};

/// @endcond
