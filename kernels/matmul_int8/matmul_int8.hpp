/// @file
/// Matrix multiplication of 8-bit integers with a scale for each row: the contract that every rung keeps, and
/// the quantisation that makes such matrices.
///
/// \f[ c_{ij} = s_i\, t_j \sum_l a_{il}\, b_{jl}, \qquad x_l \approx s\, q_l, \quad
///     s = \max_l |x_l| / 127, \quad q_l = \mathrm{round}(x_l / s) \f]
///
/// The sum is exact in 32 bits. Each quantised value is off by at most \f$s/2\f$.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// One product of packed matrices, on one device; C overlaps no other. A holds samples, B weights, both row by
/// row along k, each row with a scale of its own.
struct MatmulInt8 {
    const std::int8_t* a;  ///< (m, k), in [-127, 127]
    const std::int8_t* b;  ///< (n, k), in [-127, 127]
    const float* scale_a;  ///< (m)
    const float* scale_b;  ///< (n)
    float* c;              ///< (m, n), overwritten
    std::int64_t m, n, k;  ///< sizes; any may be 0, and k at most 133,144
};

/// A rung of the ladder.
using MatmulInt8Rung = void(const MatmulInt8&, Scratch&);

/// @return the ladder of the product in int8
const Ladder<MatmulInt8Rung>& matmul_int8();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<MatmulInt8Rung>& ladder(const MatmulInt8&) { return matmul_int8(); }

/// @param p a product
/// @return 2mnk operations; A and B read once, one byte each, the scales once, C written once
Cost cost(const MatmulInt8& p);

/// Check what no rung can: null pointers, negative sizes, sums that would not fit 32 bits.
/// @param p a product
/// @throws Error naming the value and its limit
void validate(const MatmulInt8& p);

/// Quantise rows symmetrically: scale = max |x| / 127, q = x / scale rounded to the nearest integer, ties to even.
/// A row of zeros gets the scale 0.
/// @param x       (rows, columns), finite
/// @param q       (rows, columns), receives integers in [-127, 127]
/// @param scale   (rows), receives the scales
/// @param rows    number of rows
/// @param columns numbers in a row
void quantize_rows(const float* x, std::int8_t* q, float* scale, std::int64_t rows, std::int64_t columns);

}  // namespace kbk
