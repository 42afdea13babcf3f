/// @file
/// Complex numbers as pairs, by CUDA's names.
#pragma once

#include <cuda_runtime.h>

#define KBK_COMPLEX(Type, Pair, T, f)                                                                        \
    using Type = Pair;                                                                                       \
    inline T cuCreal##f(Type x) {                                                                            \
        return x.x;                                                                                          \
    }                                                                                                        \
    inline T cuCimag##f(Type x) {                                                                            \
        return x.y;                                                                                          \
    }                                                                                                        \
    inline Type make_##Type(T real, T imaginary) {                                                           \
        return {real, imaginary};                                                                            \
    }                                                                                                        \
    inline Type cuConj##f(Type x) {                                                                          \
        return {x.x, -x.y};                                                                                  \
    }                                                                                                        \
    inline Type cuCadd##f(Type a, Type b) {                                                                  \
        return {a.x + b.x, a.y + b.y};                                                                       \
    }                                                                                                        \
    inline Type cuCsub##f(Type a, Type b) {                                                                  \
        return {a.x - b.x, a.y - b.y};                                                                       \
    }                                                                                                        \
    inline Type cuCmul##f(Type a, Type b) {                                                                  \
        return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x};                                               \
    }                                                                                                        \
    inline T cuCabs##f(Type x) {                                                                             \
        return std::hypot(x.x, x.y);                                                                         \
    }                                                                                                        \
    inline Type cuCfma##f(Type a, Type b, Type d) {                                                          \
        return cuCadd##f(cuCmul##f(a, b), d);                                                                \
    }                                                                                                        \
    inline Type cuCdiv##f(Type a, Type b) {                                                                  \
        /* Scale by the divisor's size, so that its square cannot overflow. */                               \
        const T s = std::fabs(b.x) + std::fabs(b.y), ar = a.x / s, ai = a.y / s, br = b.x / s, bi = b.y / s; \
        const T q = br * br + bi * bi;                                                                       \
        return {(ar * br + ai * bi) / q, (ai * br - ar * bi) / q};                                           \
    }
KBK_COMPLEX(cuFloatComplex, float2, float, f)
KBK_COMPLEX(cuDoubleComplex, double2, double, )
#undef KBK_COMPLEX

using cuComplex = cuFloatComplex;
inline cuComplex make_cuComplex(float real, float imaginary) {
    return {real, imaginary};
}
inline cuDoubleComplex cuComplexFloatToDouble(cuFloatComplex x) {
    return {x.x, x.y};
}
inline cuFloatComplex cuComplexDoubleToFloat(cuDoubleComplex x) {
    return {static_cast<float>(x.x), static_cast<float>(x.y)};
}
