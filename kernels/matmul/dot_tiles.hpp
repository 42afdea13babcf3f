/// @file
/// Tiles of dot products, for operands that both lie along k: C = A B^T in a small type. The arithmetic is a
/// parameter, so that bfloat16 and int8 share the loops.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace kbk::cpu {

// Nine sums keep two units of a latency of four busy; with three rows of each operand they fit 16 registers. In 32
// there is room for 24, which need fewer loads for each product.
#ifdef __AVX512F__
constexpr int dot_rows = 4, dot_columns = 6;
#else
constexpr int dot_rows = 3, dot_columns = 3;
#endif

#ifdef __AVX512F__
/// Keep a vector in its register, or compilers load it again for each product that it takes part in.
/// @param v just loaded
/// @return it
template <class V>
V held(V v) {
    asm("" : "+v"(v));
    return v;
}

/// Add up each of four vectors of 16 numbers: two rounds of shuffles leave a number of each vector side by side, in four
/// quarters, which are added to each other. It takes a quarter of the instructions of four sums one by one.
/// @param a,b,c,d the vectors
/// @param add     how to add two of them
/// @return the four sums, in the first quarter
template <class Add>
__m512 add_across(__m512 a, __m512 b, __m512 c, __m512 d, const Add& add) {
    const __m512 ab = add(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 cd = add(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const auto doubles = [](__m512 v) { return _mm512_castps_pd(v); };
    const __m512 all = add(_mm512_castpd_ps(_mm512_unpacklo_pd(doubles(ab), doubles(cd))),
                           _mm512_castpd_ps(_mm512_unpackhi_pd(doubles(ab), doubles(cd))));
    const __m512 half = add(all, _mm512_shuffle_f32x4(all, all, 0x4e));
    return add(half, _mm512_shuffle_f32x4(half, half, 0xb1));
}
#endif

/// Rows of the two operands whose dot products are computed: a[i] with b[j] for i < m and j < n.
/// @tparam T element type
template <class T>
struct DotBlock {
    const T* a;         ///< (m, k), packed rows
    const T* b;         ///< (n, k), packed rows
    std::int64_t k;     ///< length of a row
    std::int64_t m, n;  ///< rows of A and of B
};

// [matmul_dot]
/// Compute all dot products of a block, tile by tile.
/// @tparam Dot the arithmetic: types Element, Operand and Sum, a constant `width`, and functions load_row, load_column, zero,
///         add, totals (of a column of sums) and offset: what a row of B adds to each total beyond the dot product
/// @param x     the rows
/// @param store callable with (i, j, total): receives each dot product once
template <class Dot, class Store>
void dot_tiles(const DotBlock<typename Dot::Element>& x, const Store& store) {
    using Element = typename Dot::Element;
    for (std::int64_t j0 = 0; j0 < x.n; j0 += dot_columns) {
        // A tile at the edge repeats its last row, and does not store what it computes twice.
        const Element* b[dot_columns];
        for (int j = 0; j < dot_columns; ++j) b[j] = x.b + std::min(j0 + j, x.n - 1) * x.k;
        decltype(Dot::offset(b[0], x.k)) offset[dot_columns];
        for (int j = 0; j < dot_columns; ++j) offset[j] = Dot::offset(b[j], x.k);

        for (std::int64_t i0 = 0; i0 < x.m; i0 += dot_rows) {
            const Element* a[dot_rows];
            for (int i = 0; i < dot_rows; ++i) a[i] = x.a + std::min(i0 + i, x.m - 1) * x.k;

            typename Dot::Sum sum[dot_columns][dot_rows];
            for (auto& column : sum)
                for (auto& element : column) element = Dot::zero();
            const auto step = [&](const auto& from_a, const auto& from_b) {
                typename Dot::Operand row[dot_rows];
#pragma GCC unroll 8
                for (int i = 0; i < dot_rows; ++i) row[i] = Dot::load_row(from_a(i));
#pragma GCC unroll 8
                for (int j = 0; j < dot_columns; ++j) {
                    const typename Dot::Operand column = Dot::load_column(from_b(j));
#pragma GCC unroll 8
                    for (int i = 0; i < dot_rows; ++i) Dot::add(sum[j][i], row[i], column);
                }
            };
            std::int64_t l = 0;
            for (; l + Dot::width <= x.k; l += Dot::width)
                step([&](int i) { return a[i] + l; }, [&](int j) { return b[j] + l; });

            // Fill the last step up with zeros, which add nothing.
            if (l < x.k) {
                Element rest_a[dot_rows][Dot::width] = {}, rest_b[dot_columns][Dot::width] = {};
                for (int i = 0; i < dot_rows; ++i) std::copy(a[i] + l, a[i] + x.k, rest_a[i]);
                for (int j = 0; j < dot_columns; ++j) std::copy(b[j] + l, b[j] + x.k, rest_b[j]);
                step([&](int i) { return rest_a[i]; }, [&](int j) { return rest_b[j]; });
            }
            for (int j = 0; j < dot_columns && j0 + j < x.n; ++j) {
                const auto totals = Dot::totals(sum[j]);
                for (int i = 0; i < dot_rows && i0 + i < x.m; ++i) store(i0 + i, j0 + j, totals[std::size_t(i)] - offset[j]);
            }
        }
    }
}
// [matmul_dot]

// A task's rows of B, 48 of them, stay in the second-level cache while 96 rows of A pass by.
constexpr std::int64_t dot_task_rows = 96, dot_task_columns = 48;

/// The block of a task, one of count(m) * count(n), so that tasks can be shared among threads.
/// @param x    all rows
/// @param task its number
/// @param body callable with (block, first row, first column)
template <class T, class Body>
void dot_task(const DotBlock<T>& x, std::int64_t task, const Body& body) {
    const std::int64_t across = (x.n + dot_task_columns - 1) / dot_task_columns;
    const std::int64_t i = task / across * dot_task_rows, j = task % across * dot_task_columns;
    body(DotBlock<T>{x.a + i * x.k, x.b + j * x.k, x.k, std::min(dot_task_rows, x.m - i), std::min(dot_task_columns, x.n - j)},
         i, j);
}

/// @param x all rows
/// @return number of tasks
template <class T>
std::int64_t dot_tasks(const DotBlock<T>& x) {
    return (x.m + dot_task_rows - 1) / dot_task_rows * ((x.n + dot_task_columns - 1) / dot_task_columns);
}

}  // namespace kbk::cpu
