/// @file
/// CUDA's small vectors: char2, float4, dim3 and their kin, with the layout and alignment that they have in
/// CUDA.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

/// Three unsigned numbers: the built-in threadIdx and blockIdx.
struct uint3 {
    unsigned x, y, z;
};

// A vector of 2 or 4 elements is aligned to its size (at most 16 bytes), so that one instruction loads it; a
// vector of 3 is aligned like its element. The types stay aggregates: __shared__ arrays of them need no
// constructor.
#define KBK_VECTOR(T, name, align2, align4) \
    struct name##1 {                        \
        T x;                                \
    };                                      \
    struct alignas(align2) name##2 {        \
        T x, y;                             \
    };                                      \
    struct alignas(align4) name##4 {        \
        T x, y, z, w;                       \
    };
#define KBK_VECTOR3(T, name) \
    struct name##3 {         \
        T x, y, z;           \
    };
// Not constexpr: a vector made of constants would be stored element by element, where a GPU stores it at
// once.
#define KBK_MAKE(T, name)                                                      \
    [[gnu::always_inline]] inline name##1 make_##name##1(T x) {                \
        return {x};                                                            \
    }                                                                          \
    [[gnu::always_inline]] inline name##2 make_##name##2(T x, T y) {           \
        return {x, y};                                                         \
    }                                                                          \
    [[gnu::always_inline]] inline name##3 make_##name##3(T x, T y, T z) {      \
        return {x, y, z};                                                      \
    }                                                                          \
    [[gnu::always_inline]] inline name##4 make_##name##4(T x, T y, T z, T w) { \
        return {x, y, z, w};                                                   \
    }
#define KBK_VECTORS(T, name, align2, align4) \
    KBK_VECTOR(T, name, align2, align4)      \
    KBK_VECTOR3(T, name)                     \
    KBK_MAKE(T, name)

KBK_VECTORS(signed char, char, 2, 4)
KBK_VECTORS(unsigned char, uchar, 2, 4)
KBK_VECTORS(short, short, 4, 8)
KBK_VECTORS(unsigned short, ushort, 4, 8)
KBK_VECTORS(int, int, 8, 16)
KBK_VECTORS(long, long, 16, 16)
KBK_VECTORS(unsigned long, ulong, 16, 16)
KBK_VECTORS(long long, longlong, 16, 16)
KBK_VECTORS(unsigned long long, ulonglong, 16, 16)
KBK_VECTORS(float, float, 8, 16)
KBK_VECTORS(double, double, 16, 16)
KBK_VECTOR(unsigned, uint, 8, 16)
KBK_MAKE(unsigned, uint)

#undef KBK_VECTORS
#undef KBK_VECTOR
#undef KBK_VECTOR3
#undef KBK_MAKE

/// Sizes of a grid or a block; what is not given is 1.
struct dim3 {
    unsigned x, y, z;
    [[gnu::always_inline]] constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1)
        : x(x_), y(y_), z(z_) {}
    [[gnu::always_inline]] constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    [[gnu::always_inline]] constexpr operator uint3() const { return {x, y, z}; }
};

/// @endcond
