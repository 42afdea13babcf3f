/// @file
/// Adding one row to all rows, and its gradient: the contract of the ladders bias and bias_gradient.
///
/// \f[ y_{ij} \leftarrow y_{ij} + b_j, \qquad
///     \frac{\partial L}{\partial b_j} = \sum_i \frac{\partial L}{\partial y_{ij}} \f]
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Add a bias to each row, in place.
/// @tparam T scalar type
template <class T>
struct BasicBias {
    using Scalar = T;            ///< the scalar type
    T* y;                        ///< (rows, columns), row-major
    const T* bias;               ///< (columns)
    std::int64_t rows, columns;  ///< sizes
};

/// Gradient by the bias: the sum of each column.
/// @tparam T scalar type
template <class T>
struct BasicBiasGradient {
    using Scalar = T;            ///< the scalar type
    const T* dy;                 ///< (rows, columns), row-major
    T* gradient;                 ///< (columns)
    std::int64_t rows, columns;  ///< sizes
    T beta = 0;  ///< factor of the old gradient: 0 overwrites (and never reads) it, 1 accumulates
};

/// The problems in float32, which the ladders compute, and their rungs.
using Bias = BasicBias<float>;
/// @copydoc Bias
using BiasGradient = BasicBiasGradient<float>;
/// A rung of the ladder bias.
using BiasRung = void(const Bias&, Scratch&);
/// A rung of the ladder bias_gradient.
using BiasGradientRung = void(const BiasGradient&, Scratch&);

/// @return the ladder that adds
const Ladder<BiasRung>& bias();
/// @return the ladder that sums columns
const Ladder<BiasGradientRung>& bias_gradient();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<BiasRung>& ladder(const Bias&) {
    return bias();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<BiasGradientRung>& ladder(const BiasGradient&) {
    return bias_gradient();
}

/// @return one addition an element; y read and written, the bias read
Cost cost(const Bias& p);
/// @return one addition an element; dy read, the gradient written (and read when accumulating)
Cost cost(const BiasGradient& p);

/// @throws Error for a negative size or a null pointer
void validate(const Bias& p);
/// @throws Error for a negative size or a null pointer
void validate(const BiasGradient& p);

}  // namespace kbk
