/// @file
/// What the vectorised rungs are made of: packed operands, the register tile that multiplies them, and an exponential.
/// For CPU rungs: it includes xsimd.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "kernels/activation/vector_math.hpp"
#include "kernels/attention/attention.hpp"

namespace kbk::cpu {

/// Columns of a panel: two registers.
constexpr std::int64_t panel = 2 * std::int64_t(Vector::size);

// Rows of the register tile. Two fused multiply-adds can start in a cycle and each takes four, so at least eight sums
// must be under way. Each step loads the panel's two vectors and broadcasts one number a row.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::int64_t tile_rows = 12;  // 24 sums + 2 of B + 1 of A, of 32 registers
#else
constexpr std::int64_t tile_rows = 6;  // 12 sums + 2 of B + 1 of A, of 16 registers
#endif

/// @param count not negative @param step positive @return the smallest multiple of step that is not below count
constexpr std::int64_t rounded_up(std::int64_t count, std::int64_t step) {
    return (count + step - 1) / step * step;
}

/// Pack rows as they are, in panels: number (l, x) of a panel is from[l][x0 + x], or 0 beyond the width.
/// @param from  rows
/// @param count how many
/// @param width their length
/// @param to    (panels, count, panel)
inline void pack_rows(HeadRows<const float> from, std::int64_t count, std::int64_t width, float* to) {
    for (std::int64_t x0 = 0; x0 < width; x0 += panel) {
        const std::int64_t filled = std::min(panel, width - x0);
        for (std::int64_t l = 0; l < count; ++l, to += panel)
            if (filled == panel)
                std::copy_n(from[l] + x0, panel, to);
            else
                std::fill(std::copy_n(from[l] + x0, filled, to), to + panel, 0.0f);
    }
}

/// Pack rows as columns, in panels: number (l, x) of a panel is from[x0 + x][l], or 0 beyond the last row.
/// @param from  rows
/// @param count how many
/// @param width their length
/// @param to    (panels, width, panel)
inline void pack_columns(HeadRows<const float> from, std::int64_t count, std::int64_t width, float* to) {
    using Four = xsimd::make_sized_batch_t<float, 4>;
    for (std::int64_t x0 = 0; x0 < count; x0 += panel, to += width * panel)
        for (std::int64_t x = x0; x < x0 + panel; x += 4) {
            std::int64_t l = 0;
            if (x + 4 <= count)
                // Turn squares of four rows around in registers.
                for (; l + 4 <= width; l += 4) {
                    const Four a = Four::load_unaligned(from[x] + l), b = Four::load_unaligned(from[x + 1] + l);
                    const Four c = Four::load_unaligned(from[x + 2] + l), d = Four::load_unaligned(from[x + 3] + l);
                    const Four ac = zip_lo(a, c), bd = zip_lo(b, d), ac_high = zip_hi(a, c), bd_high = zip_hi(b, d);
                    float* at = to + l * panel + x - x0;
                    zip_lo(ac, bd).store_unaligned(at);
                    zip_hi(ac, bd).store_unaligned(at + panel);
                    zip_lo(ac_high, bd_high).store_unaligned(at + 2 * panel);
                    zip_hi(ac_high, bd_high).store_unaligned(at + 3 * panel);
                }
            for (; l < width; ++l)
                for (std::int64_t e = x; e < x + 4; ++e) to[l * panel + e - x0] = e < count ? from[e][l] : 0.0f;
        }
}

/// What becomes of the numbers that a product finds in its result.
enum class Old {
    dropped,  ///< they are not read
    kept,     ///< the product is added to them
    scaled    ///< each row is multiplied by a factor, then the product is added
};

/// A product with one panel: C (rows, panel) = old C + A (rows, k) B (k, panel).
struct PanelProduct {
    std::int64_t k;                   ///< length of the sums
    const float* a;                   ///< number (i, l) at a[i * a_row + l * a_step]
    std::int64_t a_row, a_step;       ///< elements from a row of A to the next, and from a step of k to the next
    const float* b;                   ///< a packed panel
    float* c;                         ///< row i at c[i * c_row]
    std::int64_t c_row;               ///< elements from a row of C to the next
    const float* factors = nullptr;   ///< one a row, for Old::scaled
};

// [attention_tile]
/// Multiply up to tile_rows rows, with all sums in registers.
template <int rows, Old old>
void multiply_tile(const PanelProduct& p) {
    constexpr std::int64_t width = Vector::size;
    const auto [k, a_begin, a_row, a_step, b_begin, c, c_row, factors] = p;
    Vector sum[rows][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) sum[i][0] = sum[i][1] = Vector(0.0f);

    const float *a = a_begin, *b = b_begin;
#pragma GCC unroll 4
    for (std::int64_t l = 0; l < k; ++l, a += a_step, b += panel) {
        const Vector first = Vector::load_unaligned(b), second = Vector::load_unaligned(b + width);
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i) {
            const Vector element(a[i * a_row]);
            sum[i][0] = xsimd::fma(element, first, sum[i][0]);
            sum[i][1] = xsimd::fma(element, second, sum[i][1]);
        }
    }

#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) {
            float* at = c + i * c_row + v * width;
            if constexpr (old == Old::kept) sum[i][v] += Vector::load_unaligned(at);
            if constexpr (old == Old::scaled)
                sum[i][v] = xsimd::fma(Vector(factors[i]), Vector::load_unaligned(at), sum[i][v]);
            sum[i][v].store_unaligned(at);
        }
}
// [attention_tile]

/// Multiply any number of rows with a panel.
/// @param p    the product, of its first row on
/// @param rows how many
template <Old old>
void multiply(PanelProduct p, std::int64_t rows) {
    for (; rows >= tile_rows; rows -= tile_rows) {
        multiply_tile<tile_rows, old>(p);
        p.a += tile_rows * p.a_row;
        p.c += tile_rows * p.c_row;
        if (old == Old::scaled) p.factors += tile_rows;
    }
    if (rows == 0) return;
    constexpr auto kernels = []<int... index>(std::integer_sequence<int, index...>) {
        return std::array<void (*)(const PanelProduct&), sizeof...(index)>{multiply_tile<index + 1, old>...};
    }
    (std::make_integer_sequence<int, int(tile_rows) - 1>());
    kernels[std::size_t(rows - 1)](p);
}

// [attention_power_of_two]
/// 2^x for x that is not much above 0, such as a score less the largest one: to 1.5 units in the last place, and 0
/// below -127.
///
/// Adding 1.5 2^23 leaves no bits for a fraction: the sum is rounded to the integer n nearest to x, which stands in its
/// lowest bits. They are moved to the exponent of a float, which gives 2^n. On [-1/2, 1/2] the polynomial follows
/// 2^(x - n) to 5e-9 of itself, a twelfth of float's rounding error; it meets (2^r - 1) / r at Chebyshev's nodes, so
/// that 2^0 is 1.
/// @param x at most 126 @return 2^x; NaN of NaN
inline Vector power_of_two(Vector x) {
    // 127 more is the exponent's bias. The order of the arguments lets a NaN pass.
    constexpr float magic = 12582912.0f + 127.0f;
    const Vector bounded = xsimd::max(Vector(-127.0f), x);
    const Vector shifted = bounded + magic, r = bounded - (shifted - magic);
    Vector sum(1.54531629e-4f);
    for (const float c : {1.33908634e-3f, 9.61808256e-3f, 5.55035711e-2f, 0.240226508f, 0.693147188f, 1.0f})
        sum = xsimd::fma(sum, r, Vector(c));
    return sum * xsimd::bitwise_cast<Vector>(xsimd::bitwise_cast<xsimd::batch<std::int32_t>>(shifted) << 23);
}
// [attention_power_of_two]

}  // namespace kbk::cpu
