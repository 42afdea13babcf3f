/// @file
/// The micro-kernel: a small tile of C that lives in registers while it adds up a product. All rungs from
/// register_tiled on are ways to arrange loops around it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <xsimd/xsimd.hpp>

namespace kbk::cpu {

/// A vector register of floats, of the widest kind that the build knows.
using Vector = xsimd::batch<float>;
constexpr int lanes = static_cast<int>(Vector::size);

// [matmul_tile]
// The register tile. Two fused multiply-adds can start in a cycle and each takes four, so at least eight
// independent sums must be under way; each step of k needs `vectors` loads of B and `rows` broadcasts of A
// for rows * vectors multiply-adds, so the tile should be large and nearly square; and sums, B and a
// broadcast must fit the registers. More than eight rows would crowd the first-level cache where rows of C are a power of
// two apart: such lines compete for the eight places of one set.
#ifdef __AVX512F__
constexpr int tile_rows = 8, tile_vectors = 3;  // 24 sums + 3 of B + 1 of A, of 32 registers
#elif defined(__aarch64__)
constexpr int tile_rows = 8, tile_vectors = 3;  // 24 sums + 3 of B + 1 of A, of 32 registers
#elif defined(__FMA__)
constexpr int tile_rows = 6, tile_vectors = 2;  // 12 sums + 2 of B + 1 of A, of 16 registers
#else
constexpr int tile_rows = 4, tile_vectors = 2;  // 8 sums + 2 of B + 1 of A + 1 product, of 16 registers
#endif
constexpr int tile_columns = tile_vectors * lanes;
// A tile of fewer vectors may be taller: the same registers hold its sums.
constexpr int tile_sums = tile_rows * tile_vectors;

/// Steps of k in a block. They pay for the beginning and the end of a tile, with about a hundredth of their time, and
/// keep what is used again small: a panel of B takes 32 KiB with eight floats in a vector, 96 KiB with sixteen, beside 288
/// KiB for a block of 144 rows of A, in a second-level cache of 512 KiB and more.
constexpr std::int64_t block_k = 512;
// [matmul_tile]

/// @param value not negative
/// @param step  positive
/// @return how many steps cover the value
constexpr std::int64_t divide_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step;
}

/// @param value not negative
/// @param step  positive
/// @return the smallest multiple of step that is not below value
constexpr std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return divide_up(value, step) * step;
}

/// Operands of one micro-kernel call: C (rows, columns) = beta C + A B, with A (rows, k) and B (k, columns).
/// A's two strides let it lie packed, as stored, or transposed. B's rows are whole vectors, padded with
/// zeros.
struct Tile {
    std::int64_t k;              ///< length of the sums
    const float* a;              ///< element (i, l) at a[i * a_row + l * a_step]
    std::int64_t a_row, a_step;  ///< from a row of A to the next, from a step of k to the next
    const float* b;              ///< row l at b[l * b_step], as many full vectors as the tile has
    std::int64_t b_step;         ///< from a row of B to the next
    float* c;                    ///< row i at c[i * c_row]
    std::int64_t c_row;          ///< from a row of C to the next
    float beta;                  ///< factor of the old C; 0 never reads it
};

/// Compute a tile of any size whose sums fit the registers, from A and B wherever they lie. One that ends within a
/// vector goes through a buffer.
/// @param t       operands
/// @param rows    1 to tile_sums / vectors, where vectors are those that the columns take
/// @param columns 1 to tile_columns
void compute_tile(const Tile& t, std::int64_t rows, std::int64_t columns);

/// Whether a micro-kernel asks for memory before it needs it.
enum class Prefetch { no, yes };

/// The same for packed panels, whose strides are constants: a_row = 1, a_step = tile_rows, b_step =
/// tile_columns.
/// @tparam prefetch whether to ask for the tile of C before its sums are ready
/// @param t       operands
/// @param rows    1 to tile_rows
/// @param columns 1 to tile_columns
template <Prefetch prefetch>
void compute_packed_tile(const Tile& t, std::int64_t rows, std::int64_t columns);

}  // namespace kbk::cpu
