/// @file
/// What clipping gradients by their norm needs: the contract of the ladders square_sums and rescale.
///
/// \f[ s_b = \sum_{i \in \text{block } b} x_i^2, \qquad x_i \leftarrow c\, x_i \f]
///
/// The norm of many arrays is the root of all their s, which are few: the caller adds them up in double and in order. So
/// the norm has the same bits for any number of threads, and on every GPU.
/// \see common/nn/optimizer.hpp, `clip_gradients`
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Sum the squares of each block of an array.
/// @tparam T scalar type
template <class T>
struct BasicSquareSums {
    using Scalar = T;    ///< the scalar type
    const T* x;          ///< (count)
    T* sums;             ///< (blocks(count))
    std::int64_t count;  ///< number of elements

    static constexpr std::int64_t block = 1 << 14;  ///< elements of a block: 64 KiB of floats, a task for one core
    /// @param elements of an array @return how many blocks they make, the last of which may be shorter
    static constexpr std::int64_t blocks(std::int64_t elements) { return (elements + block - 1) / block; }
};

/// Multiply an array by a number, in place.
/// @tparam T scalar type
template <class T>
struct BasicRescale {
    using Scalar = T;    ///< the scalar type
    T* x;                ///< (count), read and written
    std::int64_t count;  ///< number of elements
    T factor;            ///< c
};

/// The problems in float32, which the ladders compute, and their rungs.
using SquareSums = BasicSquareSums<float>;
/// @copydoc SquareSums
using Rescale = BasicRescale<float>;
/// A rung of the ladder square_sums.
using SquareSumsRung = void(const SquareSums&, Scratch&);
/// A rung of the ladder rescale.
using RescaleRung = void(const Rescale&, Scratch&);

/// @return the ladder that sums squares
const Ladder<SquareSumsRung>& square_sums();
/// @return the ladder that multiplies
const Ladder<RescaleRung>& rescale();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<SquareSumsRung>& ladder(const SquareSums&) {
    return square_sums();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<RescaleRung>& ladder(const Rescale&) {
    return rescale();
}

/// @return two operations an element; x read, the sums written
Cost cost(const SquareSums& p);
/// @return one operation an element; x read and written
Cost cost(const Rescale& p);

/// @throws Error for a negative count or a null pointer
void validate(const SquareSums& p);
/// @throws Error for a negative count or a null pointer
void validate(const Rescale& p);

}  // namespace kbk
