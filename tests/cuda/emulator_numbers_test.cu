/// @file
/// Numbers as a GPU computes them: half and bfloat16 over all their values, vectors in memory, integer and
/// bit intrinsics, conversions, matrix fragments.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "common/base/philox.hpp"
#include "common/cuda/cuda.hpp"
#include "tests/cuda/device_array.hpp"
#include "tests/cuda/orders.hpp"

using kbk::cuda::launch;
using kbk::test::DeviceArray;
namespace wmma = nvcuda::wmma;

namespace {

half half_of(unsigned bits) {
    return __ushort_as_half(static_cast<unsigned short>(bits));
}
__nv_bfloat16 bfloat_of(unsigned bits) {
    return __ushort_as_bfloat16(static_cast<unsigned short>(bits));
}

/// What a half's bits mean, from the definition of the format.
double meaning_of_half(unsigned bits) {
    const double sign = bits & 0x8000 ? -1 : 1;
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = bits & 1023;
    if (exponent == 31) return fraction ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
}

}  // namespace

// ---- Half and bfloat16 ----

TEST_CASE("half: all 65,536 values mean what the format says, and come back") {
    int wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const double value = meaning_of_half(bits);
        const float given = __half2float(half_of(bits));
        if (value != value) {
            wrong += given == given || !__hisnan(__float2half(given));
            continue;
        }
        wrong += static_cast<double>(given) != value;
        wrong += __half_as_ushort(__float2half(given)) != bits;
        wrong += __half_as_ushort(half(value)) != bits;
    }
    CHECK(wrong == 0);
}

TEST_CASE("half: between two neighbours, numbers round to the nearer one, ties to the even one") {
    int wrong = 0;
    for (unsigned bits = 0; bits < 0x7c00; ++bits) {
        const double low = meaning_of_half(bits);
        const double high = bits == 0x7bff ? 65536 : meaning_of_half(bits + 1);
        const double middle = (low + high) / 2;
        const unsigned even = bits & 1 ? bits + 1 : bits;
        const auto rounds_to = [&](auto x, unsigned expected) {
            wrong += __half_as_ushort(half(x)) != expected;
            wrong += __half_as_ushort(half(-x)) != (expected | 0x8000);
        };
        rounds_to(static_cast<float>(middle), even);
        rounds_to(std::nextafter(static_cast<float>(middle), 0.0f), bits);
        rounds_to(std::nextafter(static_cast<float>(middle), 1e9f), bits + 1);
        // Doubles are rounded once, not by way of a float.
        rounds_to(std::nextafter(middle, 0.0), bits);
        rounds_to(std::nextafter(middle, 1e9), bits + 1);
    }
    CHECK(wrong == 0);
    CHECK(__half_as_ushort(half(1e30f)) == 0x7c00);
    CHECK(__half_as_ushort(half(-std::numeric_limits<float>::infinity())) == 0xfc00);
}

TEST_CASE("bfloat16: all 65,536 values come back, and rounding is to nearest even") {
    int wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const float value = __bfloat162float(bfloat_of(bits));
        if (value != value) {
            wrong += !__hisnan(__float2bfloat16(value));
            continue;
        }
        wrong += std::bit_cast<unsigned>(value) != bits << 16;
        wrong += __bfloat16_as_ushort(__float2bfloat16(value)) != bits;
        if (std::isinf(value)) continue;
        const auto between = [&](unsigned rest) {
            return __bfloat16_as_ushort(__float2bfloat16(std::bit_cast<float>(bits << 16 | rest)));
        };
        wrong += between(0x7fff) != bits;
        wrong += between(0x8000) != (bits & 1 ? bits + 1 : bits);
        wrong += between(0x8001) != bits + 1;
    }
    CHECK(wrong == 0);
}

#if defined(__FLT16_MAX__) && defined(__x86_64__)  // where gcc 12 has _Float16 in C++
TEST_CASE("half: arithmetic agrees with the compiler's own 16-bit float") {
    const kbk::Philox random(1);
    int wrong = 0;
    for (unsigned i = 0; i < 200000; ++i) {
        const unsigned a = random.word(2 * i) & 0xffff, b = random.word(2 * i + 1) & 0xffff,
                       c = random.word(i) >> 16;
        const half x = half_of(a), y = half_of(b), z = half_of(c);
        const auto u = std::bit_cast<_Float16>(static_cast<unsigned short>(a));
        const auto v = std::bit_cast<_Float16>(static_cast<unsigned short>(b));
        const auto equal = [&](half mine, _Float16 theirs) {
            wrong += !(__half_as_ushort(mine) == std::bit_cast<unsigned short>(theirs) ||
                       (__hisnan(mine) && theirs != theirs));
        };
        equal(x + y, static_cast<_Float16>(u + v));
        equal(x - y, static_cast<_Float16>(u - v));
        equal(x * y, static_cast<_Float16>(u * v));
        equal(x / y, static_cast<_Float16>(u / v));
        equal(-x, static_cast<_Float16>(-u));
        wrong += (x < y) != (u < v) || (x == y) != (u == v) || (x >= y) != (u >= v);
        // A fused multiply-add rounds once: a long double holds the exact product and, but for the rarest,
        // the sum.
        const auto exact =
            static_cast<long double>(static_cast<float>(x)) * static_cast<float>(y) + static_cast<float>(z);
        equal(__hfma(x, y, z), static_cast<_Float16>(exact));
    }
    CHECK(wrong == 0);
}
#endif

__global__ void pairs(const half2* x, half2* y, __nv_bfloat162* b, half* sums, float* floats) {
    const unsigned t = threadIdx.x;
    const half2 v = x[t];
    y[t] = __hfma2(v, __float2half2_rn(2.0f), __halves2half2(half(1.0f), half(-1.0f)));
    b[t] = __hadd2(__floats2bfloat162_rn(1.0f, 2.0f), __float2bfloat162_rn(0.5f));
    atomicAdd(&sums[0], half(1.0f));
    half warp = v.x;
    for (int step = 16; step > 0; step /= 2) warp = __hadd(warp, __shfl_xor_sync(0xffffffffu, warp, step));
    sums[1 + t] = warp;
    const float2 both = __half22float2(__shfl_down_sync(0xffffffffu, v, 1));
    floats[t] =
        both.x + __high2float(v) + __low2float(__lowhigh2highlow(v)) + static_cast<float>(hexp(half(0.0f)));
}

TEST_CASE("pairs of halves, in kernels, shuffles and atomics") {
    std::vector<half2> start;
    for (int i = 0; i < 32; ++i)
        start.push_back(__floats2half2_rn(static_cast<float>(i), static_cast<float>(100 * i)));
    const DeviceArray<half2> x("x", start), y("y", 32);
    const DeviceArray<__nv_bfloat162> b("b", 32);
    const DeviceArray<half> sums("sums", std::vector<half>(33, half(0.0f)));
    const DeviceArray<float> floats("floats", 32);
    launch<pairs>(1, 32, 0, x, y, b, sums, floats);
    CHECK(static_cast<float>(y.values()[9].x) == 19);
    CHECK(static_cast<float>(y.values()[9].y) == 1799);
    CHECK(static_cast<float>(b.values()[3].x) == 1.5f);
    CHECK(static_cast<float>(b.values()[3].y) == 2.5f);
    CHECK(static_cast<float>(sums.values()[0]) == 32);
    CHECK(static_cast<float>(sums.values()[20]) == 31 * 16);
    CHECK(floats.values()[5] == 6 + 500 + 500 + 1);
}

// ---- Vectors ----

TEST_CASE("vectors have CUDA's sizes and alignments") {
    const auto is = [](std::size_t size, std::size_t alignment, std::size_t want_size,
                       std::size_t want_alignment) {
        return size == want_size && alignment == want_alignment;
    };
#define IS(type, size, alignment) CHECK(is(sizeof(type), alignof(type), size, alignment))
    IS(char1, 1, 1);
    IS(char2, 2, 2);
    IS(uchar3, 3, 1);
    IS(uchar4, 4, 4);
    IS(short2, 4, 4);
    IS(ushort3, 6, 2);
    IS(ushort4, 8, 8);
    IS(int2, 8, 8);
    IS(uint3, 12, 4);
    IS(int4, 16, 16);
    IS(uint4, 16, 16);
    IS(long2, 16, 16);
    IS(longlong4, 32, 16);
    IS(float1, 4, 4);
    IS(float2, 8, 8);
    IS(float3, 12, 4);
    IS(float4, 16, 16);
    IS(double2, 16, 16);
    IS(double3, 24, 8);
    IS(double4, 32, 16);
    IS(half2, 4, 4);
    IS(dim3, 12, 4);
#undef IS
    CHECK(make_float4(1, 2, 3, 4).w == 4);
    CHECK(make_uchar3(1, 2, 3).z == 3);
    CHECK(dim3(5).x * dim3(5).y * dim3(5).z == 5);
}

// ---- Intrinsics ----

TEST_CASE("integers and bits") {
    CHECK(__popc(0xf0f0u) == 8);
    CHECK(__popcll(~0ull) == 64);
    CHECK(__clz(0) == 32);
    CHECK(__clz(1) == 31);
    CHECK(__clzll(-1) == 0);
    CHECK(__ffs(0) == 0);
    CHECK(__ffs(12) == 3);
    CHECK(__ffsll(1ll << 40) == 41);
    CHECK(__brev(1u) == 0x80000000u);
    CHECK(__brev(0x12345678u) == 0x1e6a2c48u);
    CHECK(__brevll(2ull) == 1ull << 62);
    CHECK(__byte_perm(0x33221100u, 0x77665544u, 0x7531u) == 0x77553311u);
    CHECK(__byte_perm(0x000000f0u, 0, 0x8808u) == 0xfffff0ffu);
    CHECK(__funnelshift_l(0x80000001u, 0x1u, 1) == 3);
    CHECK(__funnelshift_r(0x80000000u, 0x1u, 31) == 3);
    CHECK(__mulhi(-2, 1 << 30) == -1);
    CHECK(__umulhi(0xffffffffu, 2u) == 1);
    CHECK(__umul64hi(~0ull, 4) == 3);
    CHECK(__mul64hi(-1, 1) == -1);
    CHECK(__mul24(0x01000003, 5) == 15);
    CHECK(__umul24(0xff000003u, 5) == 15);
    CHECK(__sad(-5, 7, 1) == 13);
    CHECK(__hadd(-3, -4) == -4);
    CHECK(__dp4a(0x01ff0203, 0x04050607, 10) == 4 - 5 + 12 + 21 + 10);
    CHECK(__dp4a(0x01ff0203u, 0x04050607u, 10u) == 4 + 1275 + 12 + 21 + 10);
    CHECK(min(3, 5u) == 3);
    CHECK(max(-1, 5u) == 0xffffffffu);
    CHECK(max(2ll, 3ull) == 3);
}

TEST_CASE("floats: conversions saturate, min and max pass over NaN") {
    const float nan = std::nanf("");
    CHECK(min(nan, 2.0f) == 2);
    CHECK(max(2.0, nan) == 2);
    CHECK(fmaxf(nan, 1.0f) == 1);
    CHECK(__float2int_rn(2.5f) == 2);
    CHECK(__float2int_rn(3.5f) == 4);
    CHECK(__float2int_rz(-2.7f) == -2);
    CHECK(__float2int_rd(-2.2f) == -3);
    CHECK(__float2int_ru(2.2f) == 3);
    CHECK(__float2int_rn(3e9f) == std::numeric_limits<int>::max());
    CHECK(__float2int_rn(-3e9f) == std::numeric_limits<int>::min());
    CHECK(__float2int_rn(nan) == 0);
    CHECK(__float2uint_rz(-1.0f) == 0);
    CHECK(__double2ll_rn(1e300) == std::numeric_limits<long long>::max());
    CHECK(__float_as_int(1.0f) == 0x3f800000);
    CHECK(__uint_as_float(0x40490fdbu) == 3.14159274f);
    CHECK(__hiloint2double(__double2hiint(0.1), __double2loint(0.1)) == 0.1);
    CHECK(__saturatef(nan) == 0);
    CHECK(__saturatef(7.0f) == 1);
    CHECK(__fmaf_rn(1.0f + 0x1p-23f, 1.0f - 0x1p-23f, -1.0f) == -0x1p-46f);
    CHECK(rsqrtf(16.0f) == 0.25f);
    CHECK(sinpif(0.5f) == 1);
    CHECK(std::fabs(cospi(0.5)) < 1e-16);
    CHECK(__expf(1.0f) == doctest::Approx(2.7182818));
    CHECK(normcdff(0.0f) == 0.5f);
}

// ---- Matrix fragments ----

template <class T, int M, int N, int K, class LayoutA, class LayoutB, class Element, class Sum>
__global__ void multiply(const Element* a, const Element* b, Sum* c, bool column_major) {
    wmma::fragment<wmma::matrix_a, M, N, K, T, LayoutA> fa;
    wmma::fragment<wmma::matrix_b, M, N, K, T, LayoutB> fb;
    wmma::fragment<wmma::accumulator, M, N, K, Sum> fc;
    const auto order = column_major ? wmma::mem_col_major : wmma::mem_row_major;
    const unsigned stride = column_major ? M : N;
    wmma::load_matrix_sync(fa, a, std::is_same_v<LayoutA, wmma::row_major> ? K : M);
    wmma::load_matrix_sync(fb, b, std::is_same_v<LayoutB, wmma::row_major> ? N : K);
    wmma::load_matrix_sync(fc, c, stride, order);
    wmma::mma_sync(fc, fa, fb, fc);
    for (int i = 0; i < fc.num_elements; ++i) fc.x[i] = fc.x[i] * static_cast<Sum>(2);
    wmma::store_matrix_sync(c, fc, stride, order);
}

// C = 2 (A B + C) for small integers, which every type holds exactly.
template <class T, int M, int N, int K, class LayoutA, class LayoutB, class Element, class Sum>
void check_product(bool column_major) {
    const auto value_a = [](int i, int k) {
        return (i * 7 + k * 3) % 5 - (std::is_unsigned_v<Element> ? 0 : 2);
    };
    const auto value_b = [](int k, int j) { return (k * 2 + j * 5) % 7; };
    std::vector<Element> a(M * K), b(K * N);
    std::vector<Sum> c(M * N), expected(M * N);
    const auto at = [](int row, int column, int rows, int columns, bool by_rows) {
        return static_cast<std::size_t>(by_rows ? row * columns + column : column * rows + row);
    };
    for (int i = 0; i < M; ++i)
        for (int k = 0; k < K; ++k)
            a[at(i, k, M, K, std::is_same_v<LayoutA, wmma::row_major>)] =
                static_cast<Element>(static_cast<float>(value_a(i, k)));
    for (int k = 0; k < K; ++k)
        for (int j = 0; j < N; ++j)
            b[at(k, j, K, N, std::is_same_v<LayoutB, wmma::row_major>)] =
                static_cast<Element>(static_cast<float>(value_b(k, j)));
    for (int i = 0; i < M; ++i)
        for (int j = 0; j < N; ++j) {
            int sum = i - j;
            c[at(i, j, M, N, !column_major)] = static_cast<Sum>(static_cast<float>(sum));
            for (int k = 0; k < K; ++k) sum += value_a(i, k) * value_b(k, j);
            expected[at(i, j, M, N, !column_major)] = static_cast<Sum>(static_cast<float>(2 * sum));
        }
    const DeviceArray<Element> da("a", a), db("b", b);
    const DeviceArray<Sum> dc("c", c);
    launch<multiply<T, M, N, K, LayoutA, LayoutB, Element, Sum>>(1, 32, 0, da, db, dc, column_major);
    const auto got = dc.values();
    int wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        wrong += static_cast<float>(got[i]) != static_cast<float>(expected[i]);
    CHECK(wrong == 0);
}

template <class T, int M, int N, int K, class Element = T, class Sum = float>
void check_shape() {
    for (const bool column_major : {false, true}) {
        check_product<T, M, N, K, wmma::row_major, wmma::row_major, Element, Sum>(column_major);
        check_product<T, M, N, K, wmma::row_major, wmma::col_major, Element, Sum>(column_major);
        check_product<T, M, N, K, wmma::col_major, wmma::row_major, Element, Sum>(column_major);
        check_product<T, M, N, K, wmma::col_major, wmma::col_major, Element, Sum>(column_major);
    }
}

TEST_CASE("matrix fragments: all types, shapes and layouts") {
    kbk::test::in_both_orders([] {
        check_shape<half, 16, 16, 16>();
        check_shape<half, 32, 8, 16>();
        check_shape<half, 8, 32, 16>();
        check_shape<half, 16, 16, 16, half, half>();
        check_shape<__nv_bfloat16, 16, 16, 16>();
        check_shape<__nv_bfloat16, 32, 8, 16>();
        check_shape<__nv_bfloat16, 8, 32, 16>();
        check_shape<wmma::precision::tf32, 16, 16, 8, float>();
        check_shape<signed char, 16, 16, 16, signed char, int>();
        check_shape<unsigned char, 16, 16, 16, unsigned char, int>();
        check_shape<double, 8, 8, 4, double, double>();
    });
}

__global__ void product_of_ones(const float* a, float* c) {
    wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> fb;
    wmma::fragment<wmma::accumulator, 16, 16, 8, float> fc;
    wmma::load_matrix_sync(fa, a, 8);
    wmma::fill_fragment(fb, 1.0f);
    wmma::fill_fragment(fc, 0.0f);
    for (auto& x : fa.x) x = wmma::__float_to_tf32(x);
    wmma::mma_sync(fc, fa, fb, fc);
    wmma::store_matrix_sync(c, fc, 16, wmma::mem_row_major);
}

TEST_CASE("tf32 keeps ten bits of fraction") {
    CHECK(wmma::__float_to_tf32(1.0f + 0x1p-10f) == 1.0f + 0x1p-10f);
    CHECK(wmma::__float_to_tf32(1.0f + 0x1p-11f) == 1.0f + 0x1p-10f);
    CHECK(wmma::__float_to_tf32(1.0f + 0x1.8p-12f) == 1.0f);
    const DeviceArray<float> a("a", std::vector<float>(128, 1.0f + 0x1p-11f)), c("c", 256);
    launch<product_of_ones>(1, 32, 0, a, c);
    CHECK(c.values()[100] == 8 * (1.0f + 0x1p-10f));
}
