/// @file
/// Integer functions on two 16-bit or four 8-bit numbers in one word, and on three operands (CUDA's "SIMD" and "DPX"
/// intrinsics).

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace kbk::cuda::api {

/// Apply f to each of the numbers of type T that a word holds.
template <class T, class F>
unsigned each_part(unsigned a, unsigned b, const F& f) {
    constexpr int bits = 8 * static_cast<int>(sizeof(T));
    using Unsigned = std::make_unsigned_t<T>;
    unsigned result = 0;
    for (int at = 0; at < 32; at += bits) {
        const int part = f(static_cast<int>(static_cast<T>(a >> at)), static_cast<int>(static_cast<T>(b >> at)));
        result |= static_cast<unsigned>(static_cast<Unsigned>(part)) << at;
    }
    return result;
}

/// The nearest number that T can hold.
template <class T>
int clamped(int x) {
    return std::clamp<int>(x, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

}  // namespace kbk::cuda::api

// name, type of the parts, result in terms of the parts a and b
#define KBK_PACKED(name, T, ...)                                                                             \
    inline unsigned name(unsigned first, unsigned second) {                                                  \
        return kbk::cuda::api::each_part<T>(first, second,                                                   \
                                            [](int a, [[maybe_unused]] int b) -> int { return __VA_ARGS__; }); \
    }
#define KBK_PACKED_ONE(name, T, ...)                                                             \
    inline unsigned name(unsigned first) {                                                       \
        return kbk::cuda::api::each_part<T>(first, 0, [](int a, int) -> int { return __VA_ARGS__; }); \
    }
#define KBK_BOTH_SIGNS(name, end, S, U, ...) \
    KBK_PACKED(name##s##end, S, __VA_ARGS__) \
    KBK_PACKED(name##u##end, U, __VA_ARGS__)
#define KBK_ORDER(name, end, S, U, op)                    \
    KBK_BOTH_SIGNS(__vcmp##name, end, S, U, a op b ? -1 : 0) \
    KBK_BOTH_SIGNS(__vset##name, end, S, U, a op b ? 1 : 0)
#define KBK_SUM_OF_PARTS(name, end, T)                                                    \
    inline unsigned name##end(unsigned first, unsigned second) {                          \
        unsigned sum = 0;                                                                 \
        kbk::cuda::api::each_part<T>(first, second, [&](int a, int b) {                   \
            sum += static_cast<unsigned>(a < b ? b - a : a - b);                          \
            return 0;                                                                     \
        });                                                                               \
        return sum;                                                                       \
    }
#define KBK_WIDTH(end, S, U)                                                             \
    KBK_PACKED(__vadd##end, S, a + b)                                                    \
    KBK_PACKED(__vsub##end, S, a - b)                                                    \
    KBK_PACKED(__vaddss##end, S, kbk::cuda::api::clamped<S>(a + b))                      \
    KBK_PACKED(__vaddus##end, U, kbk::cuda::api::clamped<U>(a + b))                      \
    KBK_PACKED(__vsubss##end, S, kbk::cuda::api::clamped<S>(a - b))                      \
    KBK_PACKED(__vsubus##end, U, kbk::cuda::api::clamped<U>(a - b))                      \
    KBK_PACKED_ONE(__vabs##end, S, a < 0 ? -a : a)                                       \
    KBK_PACKED_ONE(__vabsss##end, S, kbk::cuda::api::clamped<S>(a < 0 ? -a : a))         \
    KBK_PACKED_ONE(__vneg##end, S, -a)                                                   \
    KBK_PACKED_ONE(__vnegss##end, S, kbk::cuda::api::clamped<S>(-a))                     \
    KBK_BOTH_SIGNS(__vabsdiff, end, S, U, a < b ? b - a : a - b)                         \
    KBK_BOTH_SIGNS(__vmax, end, S, U, a > b ? a : b)                                     \
    KBK_BOTH_SIGNS(__vmin, end, S, U, a < b ? a : b)                                     \
    KBK_PACKED(__vavgs##end, S, a + b < 0 ? (a + b) / 2 : (a + b + 1) / 2)               \
    KBK_PACKED(__vavgu##end, U, (a + b + 1) >> 1)                                        \
    KBK_PACKED(__vhaddu##end, U, (a + b) >> 1)                                           \
    KBK_PACKED(__vcmpeq##end, U, a == b ? -1 : 0)                                        \
    KBK_PACKED(__vcmpne##end, U, a != b ? -1 : 0)                                        \
    KBK_PACKED(__vseteq##end, U, a == b ? 1 : 0)                                         \
    KBK_PACKED(__vsetne##end, U, a != b ? 1 : 0)                                         \
    KBK_ORDER(ge, end, S, U, >=)                                                         \
    KBK_ORDER(gt, end, S, U, >)                                                          \
    KBK_ORDER(le, end, S, U, <=)                                                         \
    KBK_ORDER(lt, end, S, U, <)                                                          \
    KBK_SUM_OF_PARTS(__vsads, end, S)                                                    \
    KBK_SUM_OF_PARTS(__vsadu, end, U)
KBK_WIDTH(2, std::int16_t, std::uint16_t)
KBK_WIDTH(4, std::int8_t, std::uint8_t)
#undef KBK_WIDTH
#undef KBK_SUM_OF_PARTS
#undef KBK_ORDER
#undef KBK_BOTH_SIGNS
#undef KBK_PACKED_ONE
#undef KBK_PACKED

// Of whole words: the larger, the smaller, of two or three, and not below 0.
#define KBK_WORDS(end, T)                               \
    inline T __vimax3_##end(T a, T b, T c) {            \
        return std::max({a, b, c});                     \
    }                                                   \
    inline T __vimin3_##end(T a, T b, T c) {            \
        return std::min({a, b, c});                     \
    }                                                   \
    inline T __viaddmax_##end(T a, T b, T c) {          \
        return std::max(static_cast<T>(a + b), c);      \
    }                                                   \
    inline T __viaddmin_##end(T a, T b, T c) {          \
        return std::min(static_cast<T>(a + b), c);      \
    }                                                   \
    inline T __vibmax_##end(T a, T b, bool* first) {    \
        *first = a >= b;                                \
        return std::max(a, b);                          \
    }                                                   \
    inline T __vibmin_##end(T a, T b, bool* first) {    \
        *first = a <= b;                                \
        return std::min(a, b);                          \
    }
KBK_WORDS(s32, int)
KBK_WORDS(u32, unsigned)
#undef KBK_WORDS
inline int __vimax_s32_relu(int a, int b) {
    return std::max({a, b, 0});
}
inline int __vimin_s32_relu(int a, int b) {
    return std::max(std::min(a, b), 0);
}
inline int __vimax3_s32_relu(int a, int b, int c) {
    return std::max({a, b, c, 0});
}
inline int __vimin3_s32_relu(int a, int b, int c) {
    return std::max(std::min({a, b, c}), 0);
}
inline int __viaddmax_s32_relu(int a, int b, int c) {
    return std::max({a + b, c, 0});
}
inline int __viaddmin_s32_relu(int a, int b, int c) {
    return std::max(std::min(a + b, c), 0);
}

/// @endcond
