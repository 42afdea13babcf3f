/// @file
/// Matrix multiplication of bfloat16 numbers, summed in float32: the contract that every rung keeps.
///
/// \f[ C = A B^\top \f]
///
/// as a linear layer has it: A holds samples, B weights, both row by row along k. A product of two bfloat16
/// numbers has at most 16 significant bits and is exact in float32; only the sums round.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"
#include "common/tensor/bfloat16.hpp"

namespace kbk {

/// One product of packed matrices, on one device; C overlaps neither A nor B.
struct MatmulBf16 {
    const bfloat16* a;     ///< (m, k)
    const bfloat16* b;     ///< (n, k)
    float* c;              ///< (m, n), overwritten
    std::int64_t m, n, k;  ///< sizes; any may be 0
};

/// A rung of the ladder.
using MatmulBf16Rung = void(const MatmulBf16&, Scratch&);

/// @return the ladder of the product in bfloat16
const Ladder<MatmulBf16Rung>& matmul_bf16();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<MatmulBf16Rung>& ladder(const MatmulBf16&) { return matmul_bf16(); }

/// @param p a product
/// @return 2mnk operations; A and B read once, two bytes each, C written once
Cost cost(const MatmulBf16& p);

/// Check what no rung can: null pointers, negative sizes.
/// @param p a product
/// @throws Error naming the value and its limit
void validate(const MatmulBf16& p);

/// Round an array to bfloat16, to nearest, ties to even: each value is off by at most 2^-8 of itself.
/// @param x     count values
/// @param y     receives them
/// @param count how many
void to_bfloat16(const float* x, bfloat16* y, std::int64_t count);

}  // namespace kbk
