/// @file
/// What programs of all times call in kernels, beyond the emulator's own words.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cmath>

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
#define KBK_ROUNDINGS(suffix, T)            \
    inline T __##suffix##add_rz(T a, T b) { \
        return a + b;                       \
    }                                       \
    inline T __##suffix##add_ru(T a, T b) { \
        return a + b;                       \
    }                                       \
    inline T __##suffix##add_rd(T a, T b) { \
        return a + b;                       \
    }                                       \
    inline T __##suffix##mul_rz(T a, T b) { \
        return a * b;                       \
    }                                       \
    inline T __##suffix##mul_ru(T a, T b) { \
        return a * b;                       \
    }                                       \
    inline T __##suffix##mul_rd(T a, T b) { \
        return a * b;                       \
    }                                       \
    inline T __##suffix##rcp_rz(T a) {      \
        return 1 / a;                       \
    }                                       \
    inline T __##suffix##sqrt_rz(T a) {     \
        return std::sqrt(a);                \
    }
KBK_ROUNDINGS(f, float)
KBK_ROUNDINGS(d, double)
#undef KBK_ROUNDINGS

/// @endcond
