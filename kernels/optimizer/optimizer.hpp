/// @file
/// One step of an optimiser: the contract of the ladders sgd, adagrad, rmsprop and adam.
///
/// Each changes a weight \f$w\f$ by the gradient \f$g\f$ of the loss and the learning rate \f$\alpha\f$.
/// First, weight decay \f$\lambda\f$ joins the gradient, \f$g \leftarrow g + \lambda w\f$ (for Adam see
/// below).
///
/// Gradient descent, with momentum \f$\mu\f$ (Polyak 1964, in PyTorch's form) or with Nesterov's (1983; in
/// the form of Sutskever, Martens, Dahl, Hinton, ICML 2013): \f[ w \leftarrow w - \alpha g; \qquad
///     v \leftarrow \mu v + g, \quad w \leftarrow w - \alpha v; \qquad
///     v \leftarrow \mu v + g, \quad w \leftarrow w - \alpha (g + \mu v). \f]
/// Adagrad (Duchi, Hazan, Singer; JMLR 2011) and RMSProp (Tieleman, Hinton 2012):
/// \f[ s \leftarrow s + g^2, \quad w \leftarrow w - \alpha \frac{g}{\sqrt{s} + \varepsilon}; \qquad
///     s \leftarrow \rho s + (1-\rho) g^2, \quad w \leftarrow w - \alpha \frac{g}{\sqrt{s} + \varepsilon}.
///     \f]
/// Adam (Kingma, Ba; ICLR 2015), step \f$t = 1, 2, \dots\f$:
/// \f[ m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
///     w \leftarrow w - \alpha\, \frac{m / (1-\beta_1^t)}{\sqrt{v / (1-\beta_2^t)} + \varepsilon}. \f]
/// AdamW (Loshchilov, Hutter; ICLR 2019) keeps the decay out of the moments, \f$w \leftarrow w -
/// \alpha\lambda w\f$.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// One step of gradient descent over an array of parameters: plain, with momentum, or with Nesterov's.
/// @tparam T scalar type
template <class T>
struct BasicSgd {
    using Scalar = T;    ///< the scalar type
    T* weight;           ///< (count), read and written
    const T* gradient;   ///< (count)
    T* velocity;         ///< (count), read and written, zero before the first step; unused without momentum
    std::int64_t count;  ///< number of parameters
    T learning_rate;     ///< alpha
    T momentum = 0;      ///< mu, in [0, 1)
    T weight_decay = 0;  ///< lambda
    bool nesterov = false;  ///< whether the step looks ahead
};

/// One step of Adagrad over an array of parameters.
/// @tparam T scalar type
template <class T>
struct BasicAdagrad {
    using Scalar = T;           ///< the scalar type
    T* weight;                  ///< (count), read and written
    const T* gradient;          ///< (count)
    T* square;                  ///< (count), the sum s, read and written, zero before the first step
    std::int64_t count;         ///< number of parameters
    T learning_rate = T(1e-2);  ///< alpha
    T epsilon = T(1e-10);       ///< keeps the division finite
    T weight_decay = 0;         ///< lambda
};

/// One step of RMSProp over an array of parameters.
/// @tparam T scalar type
template <class T>
struct BasicRmsProp {
    using Scalar = T;           ///< the scalar type
    T* weight;                  ///< (count), read and written
    const T* gradient;          ///< (count)
    T* square;                  ///< (count), the mean s, read and written, zero before the first step
    std::int64_t count;         ///< number of parameters
    T learning_rate = T(1e-3);  ///< alpha
    T smoothing = T(0.99);      ///< rho, in [0, 1)
    T epsilon = T(1e-8);        ///< keeps the division finite
    T weight_decay = 0;         ///< lambda
};

/// One step of Adam or AdamW over an array of parameters.
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
    T weight_decay = 0;         ///< lambda
    bool decoupled = true;      ///< decay beside the gradient (AdamW); false: within it
};

/// The problems in float32, which the ladders compute, and their rungs.
using Sgd = BasicSgd<float>;
/// @copydoc Sgd
using Adagrad = BasicAdagrad<float>;
/// @copydoc Sgd
using RmsProp = BasicRmsProp<float>;
/// @copydoc Sgd
using Adam = BasicAdam<float>;
/// A rung of the ladder sgd.
using SgdRung = void(const Sgd&, Scratch&);
/// A rung of the ladder adagrad.
using AdagradRung = void(const Adagrad&, Scratch&);
/// A rung of the ladder rmsprop.
using RmsPropRung = void(const RmsProp&, Scratch&);
/// A rung of the ladder adam.
using AdamRung = void(const Adam&, Scratch&);

/// @return the ladder of gradient descent, plain and with momentum
const Ladder<SgdRung>& sgd();
/// @return the ladder of Adagrad
const Ladder<AdagradRung>& adagrad();
/// @return the ladder of RMSProp
const Ladder<RmsPropRung>& rmsprop();
/// @return the ladder of Adam and AdamW
const Ladder<AdamRung>& adam();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SgdRung>& ladder(const Sgd&) {
    return sgd();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<AdagradRung>& ladder(const Adagrad&) {
    return adagrad();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<RmsPropRung>& ladder(const RmsProp&) {
    return rmsprop();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<AdamRung>& ladder(const Adam&) {
    return adam();
}

/// @return four operations a parameter, six with momentum, eight with Nesterov's; weight and gradient read,
/// weight
///         written, and with momentum the velocity read and written
Cost cost(const Sgd& p);
/// @return nine operations a parameter; three arrays read, two written
Cost cost(const Adagrad& p);
/// @return eleven operations a parameter; three arrays read, two written
Cost cost(const RmsProp& p);
/// @return sixteen operations a parameter; four arrays read, three written
Cost cost(const Adam& p);

/// @throws Error for a negative count, a null pointer, a momentum outside [0, 1), or Nesterov without
/// momentum
void validate(const Sgd& p);
/// @throws Error for a negative count or a null pointer
void validate(const Adagrad& p);
/// @throws Error for a negative count, a null pointer, or a smoothing outside [0, 1)
void validate(const RmsProp& p);
/// @throws Error for a negative count, a null pointer, a step below 1, or a decay outside [0, 1)
void validate(const Adam& p);

}  // namespace kbk
