/// @file
/// Softmax of each row of a matrix, and its gradient: the contract of the ladders softmax and
/// softmax_backward.
///
/// With \f$M = \max_k x_k\f$, for each row
/// \f[ y_j = \frac{e^{x_j}}{\sum_k e^{x_k}} = \frac{e^{x_j - M}}{\sum_k e^{x_k - M}}, \qquad
///     \frac{\partial L}{\partial x_j} = y_j \Big( \frac{\partial L}{\partial y_j}
///                                       - \sum_k y_k \frac{\partial L}{\partial y_k} \Big). \f]
/// The loss of a classifier needs neither: there softmax_cross_entropy does both at once.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Turn each row into probabilities; y may be x itself. A logit of minus infinity has the probability 0. A
/// row without any other, or with a NaN, has no probabilities: its y are NaN. A logit of plus infinity gives
/// a NaN in its own place.
/// @tparam T scalar type
template <class T>
struct BasicSoftmax {
    using Scalar = T;            ///< the scalar type
    const T* x;                  ///< (rows, columns), row-major
    T* y;                        ///< (rows, columns)
    std::int64_t rows, columns;  ///< sizes
};

/// Gradient of the loss by the softmax's input, from its output; dx may be dy itself.
/// @tparam T scalar type
template <class T>
struct BasicSoftmaxBackward {
    using Scalar = T;            ///< the scalar type
    const T* y;                  ///< (rows, columns), what softmax returned
    const T* dy;                 ///< (rows, columns), gradient by its output
    T* dx;                       ///< (rows, columns), gradient by its input
    std::int64_t rows, columns;  ///< sizes
};

/// The problems in float32, which the ladders compute, and their rungs.
using Softmax = BasicSoftmax<float>;
/// @copydoc Softmax
using SoftmaxBackward = BasicSoftmaxBackward<float>;
/// A rung of the forward ladder.
using SoftmaxRung = void(const Softmax&, Scratch&);
/// A rung of the backward ladder.
using SoftmaxBackwardRung = void(const SoftmaxBackward&, Scratch&);

/// @return the ladder of softmax. Its first rung, and only that, overflows where the definition does
const Ladder<SoftmaxRung>& softmax();
/// @return the ladder of its gradient
const Ladder<SoftmaxBackwardRung>& softmax_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SoftmaxRung>& ladder(const Softmax&) {
    return softmax();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SoftmaxBackwardRung>& ladder(const SoftmaxBackward&) {
    return softmax_backward();
}

/// @return for each element a comparison, a subtraction, an exponential (counted as one), an addition and a
///         multiplication; x read once and y written once
Cost cost(const Softmax& p);
/// @return for each element a multiply-add, a subtraction and a multiplication; y and dy read once, dx
/// written once
Cost cost(const SoftmaxBackward& p);

/// @throws Error for a negative size or a null pointer
void validate(const Softmax& p);
/// @throws Error for a negative size or a null pointer
void validate(const SoftmaxBackward& p);

}  // namespace kbk
