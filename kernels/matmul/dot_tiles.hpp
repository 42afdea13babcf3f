/// @file
/// Tiles of dot products, for operands that both lie along k: C = A B^T in a small type. The arithmetic is a
/// parameter, so that bfloat16 and int8 share the loops.
#pragma once

#include <algorithm>
#include <cstdint>

namespace kbk::cpu {

// Nine sums keep two units of a latency of four busy; with three rows of each operand they fit 16 registers.
constexpr int dot_rows = 3, dot_columns = 3;

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
/// @tparam Dot the arithmetic: types Element, Operand and Sum, a constant `width`, and functions load, zero, add and total
/// @param x     the rows
/// @param store callable with (i, j, total): receives each dot product once
template <class Dot, class Store>
void dot_tiles(const DotBlock<typename Dot::Element>& x, const Store& store) {
    using Element = typename Dot::Element;
    for (std::int64_t j0 = 0; j0 < x.n; j0 += dot_columns)
        for (std::int64_t i0 = 0; i0 < x.m; i0 += dot_rows) {
            // A tile at the edge repeats its last row, and does not store what it computes twice.
            const Element *a[dot_rows], *b[dot_columns];
            for (int i = 0; i < dot_rows; ++i) a[i] = x.a + std::min(i0 + i, x.m - 1) * x.k;
            for (int j = 0; j < dot_columns; ++j) b[j] = x.b + std::min(j0 + j, x.n - 1) * x.k;

            typename Dot::Sum sum[dot_rows][dot_columns];
            for (auto& row : sum)
                for (auto& element : row) element = Dot::zero();
            const auto step = [&](const auto& from_a, const auto& from_b) {
                typename Dot::Operand row[dot_rows];
#pragma GCC unroll 4
                for (int i = 0; i < dot_rows; ++i) row[i] = Dot::load(from_a(i));
#pragma GCC unroll 4
                for (int j = 0; j < dot_columns; ++j) {
                    const typename Dot::Operand column = Dot::load(from_b(j));
#pragma GCC unroll 4
                    for (int i = 0; i < dot_rows; ++i) Dot::add(sum[i][j], row[i], column);
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
            for (int i = 0; i < dot_rows && i0 + i < x.m; ++i)
                for (int j = 0; j < dot_columns && j0 + j < x.n; ++j) store(i0 + i, j0 + j, Dot::total(sum[i][j]));
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
