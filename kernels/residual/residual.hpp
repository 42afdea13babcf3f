/// @file
/// A branch added to what went around it: the contract of the ladder residual.
///
/// \f[ y_i = a_i + b_i \f]
///
/// Backward there is nothing to compute: the gradient of a sum goes to both terms as it is. Where a normalisation
/// follows, kernels/layernorm adds the branch on its way and saves this pass.
/// \see He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016), equation 1
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Add two arrays; y may be either of them.
/// @tparam T scalar type
template <class T>
struct BasicResidual {
    using Scalar = T;    ///< the scalar type
    const T* a;          ///< (count)
    const T* b;          ///< (count)
    T* y;                ///< (count)
    std::int64_t count;  ///< number of elements
};

/// The problem in float32, which the ladder computes.
using Residual = BasicResidual<float>;
/// A rung of the ladder.
using ResidualRung = void(const Residual&, Scratch&);

/// @return the ladder that adds
const Ladder<ResidualRung>& residual();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<ResidualRung>& ladder(const Residual&) {
    return residual();
}

/// @return one addition an element; a and b read, y written
Cost cost(const Residual& p);

/// @throws Error for a negative count or a null pointer
void validate(const Residual& p);

}  // namespace kbk
