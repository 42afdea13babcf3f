/// @file
/// The micro-kernels, one for each size of tile, and the choice among them.
#include "kernels/matmul/microkernel.hpp"

#include <array>
#include <utility>

namespace kbk::cpu {

namespace {

// Steps of k in one round of the loop: each round pays for counting. Sanitizers check every access, and would
// take minutes to compile that many of them.
#ifdef __SANITIZE_ADDRESS__
constexpr int steps_at_once = 1;
#else
constexpr int steps_at_once = 8;
#endif

// [matmul_microkernel]
/// Compute a tile of constant size with all its sums in registers.
template <int rows, int vectors>
void microkernel(const Tile& t) {
    // Copy the operands, or the compiler reads them again after each store to C, which may have changed them.
    const auto [k, a_begin, a_row, a_step, b_begin, b_step, c, c_row, beta] = t;

    // Ask for the tile of C, so that it has arrived when the sums are ready.
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v += 16 / lanes) __builtin_prefetch(c + i * c_row + v * lanes, 1);

    Vector sum[rows][vectors];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) sum[i][v] = Vector(0.0f);

    // Add one column of A times one row of B in each step.
    const float *a = a_begin, *b = b_begin;
#pragma GCC unroll steps_at_once
    for (std::int64_t l = 0; l < k; ++l, a += a_step, b += b_step) {
        Vector row_of_b[vectors];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) row_of_b[v] = Vector::load_unaligned(b + v * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i) {
            const Vector element_of_a(a[i * a_row]);
#pragma GCC unroll 16
            for (int v = 0; v < vectors; ++v) sum[i][v] = xsimd::fma(element_of_a, row_of_b[v], sum[i][v]);
        }
    }

    // Store the sums, with the old values where they count.
    if (beta != 0)
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
            for (int v = 0; v < vectors; ++v)
                sum[i][v] =
                    xsimd::fma(Vector(beta), Vector::load_unaligned(c + i * c_row + v * lanes), sum[i][v]);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) sum[i][v].store_unaligned(c + i * c_row + v * lanes);
}
// [matmul_microkernel]

}  // namespace

void compute_tile(const Tile& t, std::int64_t rows, std::int64_t columns) {
    // One micro-kernel for each size, so that small tiles do not pay for full ones.
    using Kernel = void (*)(const Tile&);
    constexpr auto kernels = []<int... index>(std::integer_sequence<int, index...>) {
        return std::array<Kernel, sizeof...(index)>{
            microkernel<index / tile_vectors + 1, index % tile_vectors + 1>...};
    }
    (std::make_integer_sequence<int, tile_rows * tile_vectors>());
    const std::int64_t vectors = (columns + lanes - 1) / lanes;
    const Kernel kernel = kernels[static_cast<std::size_t>((rows - 1) * tile_vectors + vectors - 1)];

    if (columns == vectors * lanes) return kernel(t);
    float buffer[tile_rows * tile_columns];
    Tile whole = t;
    whole.c = buffer;
    whole.c_row = vectors * lanes;
    whole.beta = 0;
    kernel(whole);
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) {
            float& c = t.c[i * t.c_row + j];
            c = buffer[i * whole.c_row + j] + (t.beta == 0 ? 0.0f : t.beta * c);
        }
}

}  // namespace kbk::cpu
