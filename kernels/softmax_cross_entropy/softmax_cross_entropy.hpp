/// @file
/// Softmax and cross-entropy in one: the contract of the ladder.
///
/// With logits \f$z\f$, class \f$t\f$ and \f$M = \max_j z_j\f$, for each row
/// \f[ p_j = \frac{e^{z_j - M}}{\sum_k e^{z_k - M}}, \qquad
///     L = -\log p_t = \log \sum_k e^{z_k - M} - (z_t - M), \qquad
///     \frac{\partial L}{\partial z_j} = p_j - [j = t]. \f]
/// Loss and gradient come from the same exponentials, so one problem computes both.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Losses of rows of logits, and their gradient.
/// @tparam T scalar type
template <class T>
struct BasicSoftmaxCrossEntropy {
    using Scalar = T;            ///< the scalar type
    const T* logits;             ///< (rows, classes), row-major
    const std::int32_t* labels;  ///< (rows), each in [0, classes)
    T* loss;                     ///< (rows)
    T* gradient;                 ///< (rows, classes), may be `logits` itself; null: losses only
    std::int64_t rows, classes;  ///< sizes
    T scale = 1;                 ///< factor of the gradient: 1/rows for the gradient of the mean loss
};

/// The problem in float32, which the ladder computes.
using SoftmaxCrossEntropy = BasicSoftmaxCrossEntropy<float>;
/// A rung of the ladder.
using SoftmaxCrossEntropyRung = void(const SoftmaxCrossEntropy&, Scratch&);

/// @return the ladder
const Ladder<SoftmaxCrossEntropyRung>& softmax_cross_entropy();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SoftmaxCrossEntropyRung>& ladder(const SoftmaxCrossEntropy&) {
    return softmax_cross_entropy();
}

/// @return for each logit a comparison, a subtraction, an exponential (counted as one) and an addition, and
/// with
///         the gradient a multiplication; logits and labels read, losses and gradient written
Cost cost(const SoftmaxCrossEntropy& p);

/// @throws Error for sizes out of range or a null pointer
void validate(const SoftmaxCrossEntropy& p);

/// Check the labels themselves, which must lie on the host.
/// @param p rows of logits and their classes
/// @throws Error naming the first label that is no class, and its row
template <class T>
void validate_labels(const BasicSoftmaxCrossEntropy<T>& p) {
    for (std::int64_t i = 0; i < p.rows; ++i)
        require(p.labels[i] >= 0 && p.labels[i] < p.classes,
                "softmax_cross_entropy: label {} of row {} is none of the {} classes (0 to {})", p.labels[i],
                i, p.classes, p.classes - 1);
}

}  // namespace kbk
