/// @file
/// Layer normalisation (Ba, Kiros, Hinton 2016): the contract of the ladders layernorm and layernorm_backward.
///
/// Each row of n numbers is brought to mean 0 and variance 1, then scaled and shifted by learned rows
/// \f$\gamma\f$ and \f$\beta\f$ (their equations 3 and 4):
///
/// \f[ \mu = \frac1n \sum_j s_j, \quad \sigma^2 = \frac1n \sum_j (s_j - \mu)^2, \quad
///     \hat x_j = \frac{s_j - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \quad y_j = \gamma_j \hat x_j + \beta_j \f]
///
/// where \f$s\f$ is the row x, or x plus what a residual branch adds to it. Backward, with
/// \f$g = \partial L / \partial y\f$ and \f$h_j = \gamma_j g_j\f$,
///
/// \f[ \frac{\partial L}{\partial s_j} = \frac{1}{\sqrt{\sigma^2 + \varepsilon}} \Big(h_j - \frac1n \sum_k h_k -
///     \hat x_j\, \frac1n \sum_k h_k \hat x_k\Big), \qquad
///     \frac{\partial L}{\partial \gamma_j} = \sum_i g_{ij} \hat x_{ij}, \quad
///     \frac{\partial L}{\partial \beta_j} = \sum_i g_{ij} . \f]
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Normalise each row, after adding a residual branch where there is one.
/// @tparam T scalar type
template <class T>
struct BasicLayerNorm {
    using Scalar = T;            ///< the scalar type
    const T* x;                  ///< (rows, columns), row-major
    const T* gamma;              ///< (columns), scale
    const T* beta;               ///< (columns), shift
    T* y;                        ///< (rows, columns); may be x
    T* mean;                     ///< (rows), for the way back; may be null
    T* rstd;                     ///< (rows), 1 / sqrt(variance + epsilon), for the way back; may be null
    std::int64_t rows, columns;  ///< sizes; rows need at least one column
    T epsilon = T(1e-5);         ///< keeps the division finite
    const T* branch = nullptr;   ///< (rows, columns), added to x before the normalisation; null: nothing is added
    T* sum = nullptr;            ///< (rows, columns), receives x + branch where there is a branch; may be x or branch
};

/// Gradients of the normalisation, from what was normalised.
/// @tparam T scalar type
template <class T>
struct BasicLayerNormBackward {
    using Scalar = T;             ///< the scalar type
    const T* x;                   ///< (rows, columns), what was normalised: x, or the sum where there was a branch
    const T* gamma;               ///< (columns)
    const T* mean;                ///< (rows), as the forward pass left it
    const T* rstd;                ///< (rows), as the forward pass left it
    const T* dy;                  ///< (rows, columns), gradient by the output
    T* dx;                        ///< (rows, columns), gradient by what was normalised; may be dy or residual
    T* d_gamma;                   ///< (columns)
    T* d_beta;                    ///< (columns)
    std::int64_t rows, columns;   ///< sizes
    T old_gamma = 0;              ///< factor of the old d_gamma: 0 overwrites (and never reads) it, 1 accumulates
    T old_beta = 0;               ///< the same for d_beta
    const T* residual = nullptr;  ///< (rows, columns), gradient that reached x past the normalisation, added to dx; or null
};

/// The problems in float32, which the ladders compute, and their rungs.
using LayerNormForward = BasicLayerNorm<float>;
/// @copydoc LayerNormForward
using LayerNormBackward = BasicLayerNormBackward<float>;
/// A rung of the ladder layernorm.
using LayerNormRung = void(const LayerNormForward&, Scratch&);
/// A rung of the ladder layernorm_backward.
using LayerNormBackwardRung = void(const LayerNormBackward&, Scratch&);

/// @return the ladder that normalises
const Ladder<LayerNormRung>& layernorm();
/// @return the ladder of its gradients
const Ladder<LayerNormBackwardRung>& layernorm_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<LayerNormRung>& ladder(const LayerNormForward&) {
    return layernorm();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<LayerNormBackwardRung>& ladder(const LayerNormBackward&) {
    return layernorm_backward();
}

/// @return eight operations an element (mean 1, variance 3, result 4), one more for a branch; x read and y written, a
///         branch read and the sum written
Cost cost(const LayerNormForward& p);
/// @return fourteen operations an element (the normalised value 2, each of four sums 2, at most, the result 4); x and dy
///         read, dx written, a residual gradient read
Cost cost(const LayerNormBackward& p);

/// @throws Error for a negative size, rows without columns, a null pointer, or a branch without a place for the sum
void validate(const LayerNormForward& p);
/// @throws Error for a negative size or a null pointer
void validate(const LayerNormBackward& p);

}  // namespace kbk
