/// @file
/// Batch normalisation (Ioffe, Szegedy 2015): the contract of the ladders batch_norm, batch_norm_inference and
/// batch_norm_backward.
///
/// For each channel, over the m = batch times pixels values of a batch,
///
/// \f[ \mu = \frac1m \sum x, \quad \sigma^2 = \frac1m \sum (x - \mu)^2, \quad
///     \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \quad y = \gamma \hat x + \beta \f]
///
/// with learned scale \f$\gamma\f$ and shift \f$\beta\f$. Running means of \f$\mu\f$ and of the unbiased variance
/// \f$\sigma^2 m / (m - 1)\f$ stand in for them where there is no batch. Backward, with \f$g = \partial L / \partial y\f$,
///
/// \f[ \frac{\partial L}{\partial \beta} = \sum g, \quad \frac{\partial L}{\partial \gamma} = \sum g \hat x, \quad
///     \frac{\partial L}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
///     \Big(g - \frac1m \sum g - \hat x\, \frac1m \sum g \hat x\Big) . \f]
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Normalise a batch by its own mean and variance, as training does.
/// @tparam T scalar type
template <class T>
struct BasicBatchNorm {
    using Scalar = T;                       ///< the scalar type
    const T* x;                             ///< (batch, channels, pixels), row-major
    const T* scale;                         ///< (channels)
    const T* shift;                         ///< (channels)
    T* y;                                   ///< (batch, channels, pixels)
    T* mean;                                ///< (channels), of this batch, for the way back
    T* inverse_deviation;                   ///< (channels), 1 / sqrt(variance + epsilon), for the way back
    T* running_mean;                        ///< (channels), becomes (1 - momentum) old + momentum mean; or null
    T* running_variance;                    ///< (channels), the same with the unbiased variance; or null
    std::int64_t batch, channels, pixels;   ///< sizes; with channels, there must be at least one value in each
    T epsilon = T(1e-5);                    ///< keeps the division finite
    T momentum = T(0.1);                    ///< share of this batch in the running values
};

/// Normalise by given means and variances, as inference does.
/// @tparam T scalar type
template <class T>
struct BasicBatchNormInference {
    using Scalar = T;                      ///< the scalar type
    const T* x;                            ///< (batch, channels, pixels), row-major
    const T* scale;                        ///< (channels)
    const T* shift;                        ///< (channels)
    const T* mean;                         ///< (channels)
    const T* variance;                     ///< (channels)
    T* y;                                  ///< (batch, channels, pixels); may be x
    std::int64_t batch, channels, pixels;  ///< sizes
    T epsilon = T(1e-5);                   ///< keeps the division finite
};

/// Gradients of the training's normalisation.
/// @tparam T scalar type
template <class T>
struct BasicBatchNormBackward {
    using Scalar = T;                      ///< the scalar type
    const T* x;                            ///< (batch, channels, pixels), what was normalised
    const T* dy;                           ///< (batch, channels, pixels), gradient by the output
    const T* scale;                        ///< (channels)
    const T* mean;                         ///< (channels), as the forward pass left it
    const T* inverse_deviation;            ///< (channels), as the forward pass left it
    T* dx;                                 ///< (batch, channels, pixels), gradient by the input
    T* dscale;                             ///< (channels)
    T* dshift;                             ///< (channels)
    std::int64_t batch, channels, pixels;  ///< sizes
    T beta_scale = 0;                      ///< factor of the old dscale: 0 overwrites (and never reads) it
    T beta_shift = 0;                      ///< the same for dshift
};

/// The problems in float32, which the ladders compute, and their rungs.
using BatchNorm = BasicBatchNorm<float>;
/// @copydoc BatchNorm
using BatchNormInference = BasicBatchNormInference<float>;
/// @copydoc BatchNorm
using BatchNormBackward = BasicBatchNormBackward<float>;
/// A rung of the ladder batch_norm.
using BatchNormRung = void(const BatchNorm&, Scratch&);
/// A rung of the ladder batch_norm_inference.
using BatchNormInferenceRung = void(const BatchNormInference&, Scratch&);
/// A rung of the ladder batch_norm_backward.
using BatchNormBackwardRung = void(const BatchNormBackward&, Scratch&);

/// @return the ladder of training
const Ladder<BatchNormRung>& batch_norm();
/// @return the ladder of inference
const Ladder<BatchNormInferenceRung>& batch_norm_inference();
/// @return the ladder of the gradients
const Ladder<BatchNormBackwardRung>& batch_norm_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<BatchNormRung>& ladder(const BatchNorm&) {
    return batch_norm();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<BatchNormInferenceRung>& ladder(const BatchNormInference&) {
    return batch_norm_inference();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<BatchNormBackwardRung>& ladder(const BatchNormBackward&) {
    return batch_norm_backward();
}

/// @return seven operations an element (mean 1, variance 3, result 3); x read and y written
Cost cost(const BatchNorm& p);
/// @return two operations an element; x read, y written
Cost cost(const BatchNormInference& p);
/// @return ten operations an element; x and dy read, dx written
Cost cost(const BatchNormBackward& p);

/// @throws Error for a negative size, a channel without values, or a null pointer
void validate(const BatchNorm& p);
/// @throws Error for a negative size or a null pointer
void validate(const BatchNormInference& p);
/// @throws Error for a negative size or a null pointer
void validate(const BatchNormBackward& p);

}  // namespace kbk
