/// @file
/// A solution of exercise 8: panels of A and B, and a tile of 4 x 16 sums in registers.
#include <algorithm>

#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

constexpr std::int64_t rows = 4, columns = 16, block_k = 256;

// Copy `width` lines across of a block into a panel: element (l, r) becomes panel[padded l + r], zeros behind.
void pack_panel(const float* x, std::int64_t along, std::int64_t across, std::int64_t k, std::int64_t width,
                std::int64_t padded, float* panel) {
    for (std::int64_t l = 0; l < k; ++l)
        for (std::int64_t r = 0; r < padded; ++r) panel[padded * l + r] = r < width ? x[l * along + r * across] : 0;
}

// Add up a tile in registers: the widest vectors that the processor has, as many as make all columns.
void multiply_panels(std::int64_t k, const float* a, const float* b, float (&tile)[rows][columns]) {
    using Vector = float __attribute__((vector_size(__BIGGEST_ALIGNMENT__), aligned(4)));
    constexpr int lanes = __BIGGEST_ALIGNMENT__ / 4, vectors = columns / lanes;
    Vector sum[rows][vectors] = {};
    for (std::int64_t l = 0; l < k; ++l)
#pragma GCC unroll 4
        for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v)
                sum[r][v] += a[rows * l + r] * *reinterpret_cast<const Vector*>(b + columns * l + lanes * v);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) *reinterpret_cast<Vector*>(&tile[r][lanes * v]) = sum[r][v];
}

}  // namespace

void mine(const Matmul& p, Scratch& scratch) {
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;
    const std::int64_t b_row = p.transpose_b ? 1 : p.stride_b(), b_column = p.transpose_b ? p.stride_b() : 1;
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            float& c = p.c[i * p.stride_c() + j];
            c = p.beta == 0 ? 0 : p.beta * c;
        }

    // All panels of A of a block of k first; then each panel of B meets all of them.
    const Scratch::Frame frame(scratch);
    const std::int64_t panels = (p.m + rows - 1) / rows;
    float* all_a = scratch.take<float>(panels * rows * block_k);
    float* panel_b = scratch.take<float>(columns * block_k);
    for (std::int64_t l0 = 0; l0 < p.k; l0 += block_k) {
        const std::int64_t k = std::min(block_k, p.k - l0);
        for (std::int64_t i = 0; i < p.m; i += rows)
            pack_panel(p.a + i * a_row + l0 * a_column, a_column, a_row, k, std::min(rows, p.m - i), rows, all_a + i * k);
        for (std::int64_t j = 0; j < p.n; j += columns) {
            const std::int64_t width = std::min(columns, p.n - j);
            pack_panel(p.b + l0 * b_row + j * b_column, b_row, b_column, k, width, columns, panel_b);
            for (std::int64_t i = 0; i < p.m; i += rows) {
                float tile[rows][columns];
                multiply_panels(k, all_a + i * k, panel_b, tile);
                for (std::int64_t r = 0; r < std::min(rows, p.m - i); ++r)
                    for (std::int64_t s = 0; s < width; ++s) p.c[(i + r) * p.stride_c() + j + s] += tile[r][s];
            }
        }
    }
}

}  // namespace kbk::cpu
