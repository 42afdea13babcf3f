/// @file
/// One step of an optimiser: the contract of the ladders sgd and adam.
///
/// Stochastic gradient descent with momentum (Polyak 1964, in PyTorch's form) and weight decay \f$\lambda\f$:
/// \f[ g \leftarrow g + \lambda w, \qquad v \leftarrow \mu v + g, \qquad w \leftarrow w - \alpha v. \f]
/// Adam (Kingma, Ba: Adam: A Method for Stochastic Optimization; ICLR 2015), step \f$t = 1, 2, \dots\f$:
/// \f[ m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
///     w \leftarrow w - \alpha\, \frac{m / (1-\beta_1^t)}{\sqrt{v / (1-\beta_2^t)} + \varepsilon}, \f]
/// with decoupled decay \f$w \leftarrow w - \alpha\lambda w\f$ before it (Loshchilov, Hutter: Decoupled
/// Weight Decay Regularization; ICLR 2019).
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// One step of gradient descent with momentum over an array of parameters.
/// @tparam T scalar type
template <class T>
struct BasicSgd {
    using Scalar = T;    ///< the scalar type
    T* weight;           ///< (count), read and written
    const T* gradient;   ///< (count)
    T* velocity;         ///< (count), read and written, zero before the first step
    std::int64_t count;  ///< number of parameters
    T learning_rate;     ///< alpha
    T momentum = 0;      ///< mu, in [0, 1)
    T weight_decay = 0;  ///< lambda
};

/// One step of Adam over an array of parameters.
/// @tparam T scalar type
template <class T>
struct BasicAdam {
    using Scalar = T;           ///< the scalar type
    T* weight;                  ///< (count), read and written
    const T* gradient;          ///< (count)
    T* first;                   ///< (count), the mean m, read and written, zero before the first step
    T* second;                  ///< (count), the mean square v, read and written, zero before the first step
    std::int64_t count;         ///< number of parameters
    std::int64_t step;          ///< t, from 1
    T learning_rate = T(1e-3);  ///< alpha
    T beta1 = T(0.9);           ///< decay of the mean, in [0, 1)
    T beta2 = T(0.999);         ///< decay of the mean square, in [0, 1)
    T epsilon = T(1e-8);        ///< keeps the division finite
    T weight_decay = 0;         ///< lambda, decoupled
};

/// The problems in float32, which the ladders compute, and their rungs.
using Sgd = BasicSgd<float>;
/// @copydoc Sgd
using Adam = BasicAdam<float>;
/// A rung of the ladder sgd.
using SgdRung = void(const Sgd&, Scratch&);
/// A rung of the ladder adam.
using AdamRung = void(const Adam&, Scratch&);

/// @return the ladder of gradient descent with momentum
const Ladder<SgdRung>& sgd();
/// @return the ladder of Adam
const Ladder<AdamRung>& adam();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SgdRung>& ladder(const Sgd&) {
    return sgd();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<AdamRung>& ladder(const Adam&) {
    return adam();
}

/// @return six operations a parameter; weight, gradient and velocity read, weight and velocity written
Cost cost(const Sgd& p);
/// @return sixteen operations a parameter; four arrays read, three written
Cost cost(const Adam& p);

/// @throws Error for a negative count, a null pointer, or a momentum outside [0, 1)
void validate(const Sgd& p);
/// @throws Error for a negative count, a null pointer, a step below 1, or a decay outside [0, 1)
void validate(const Adam& p);

}  // namespace kbk
