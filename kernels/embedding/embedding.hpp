/// @file
/// Rows of a table, chosen by number: the contract of the ladders embedding and embedding_backward.
///
/// Row i of y is the row of the table that token i names, plus the row of its place where there are positions:
///
/// \f[ y_i = W_{t_i} + P_{i \bmod \tau}, \qquad \frac{\partial L}{\partial W_v} = \sum_{i : t_i = v} g_i, \quad
///     g = \frac{\partial L}{\partial y} . \f]
///
/// It is the product of W with rows that hold a single 1, without the product. The gradient by P adds up rows that lie
/// one sequence apart: that is the kernel bias_gradient, for a matrix of as many rows as there are sequences.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Gather rows of a table.
/// @tparam T scalar type
template <class T>
struct BasicEmbedding {
    using Scalar = T;                    ///< the scalar type
    const std::int32_t* tokens;          ///< (rows), each in [0, vocabulary)
    const T* table;                      ///< (vocabulary, width), row-major
    T* y;                                ///< (rows, width)
    std::int64_t rows, vocabulary, width;  ///< sizes
    const T* positions = nullptr;        ///< (time, width), row i % time is added to row i; null: nothing is added
    std::int64_t time = 0;               ///< length of a sequence where there are positions, else 0
};

/// Scatter the gradient of rows to the rows of the table that they came from. Each row of the table is added up in the
/// order of its tokens, so that equal inputs give equal bits.
/// @tparam T scalar type
template <class T>
struct BasicEmbeddingBackward {
    using Scalar = T;                    ///< the scalar type
    const std::int32_t* tokens;          ///< (rows), each in [0, vocabulary)
    const T* dy;                         ///< (rows, width), gradient by the gathered rows
    T* gradient;                         ///< (vocabulary, width)
    std::int64_t rows, vocabulary, width;  ///< sizes
    T beta = 0;  ///< factor of the old gradient: 0 overwrites (and never reads) it, 1 accumulates, as tied weights need
};

/// The problems in float32, which the ladders compute, and their rungs.
using EmbeddingForward = BasicEmbedding<float>;
/// @copydoc EmbeddingForward
using EmbeddingBackward = BasicEmbeddingBackward<float>;
/// A rung of the ladder embedding.
using EmbeddingRung = void(const EmbeddingForward&, Scratch&);
/// A rung of the ladder embedding_backward.
using EmbeddingBackwardRung = void(const EmbeddingBackward&, Scratch&);

/// @return the ladder that gathers
const Ladder<EmbeddingRung>& embedding();
/// @return the ladder that scatters
const Ladder<EmbeddingBackwardRung>& embedding_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<EmbeddingRung>& ladder(const EmbeddingForward&) {
    return embedding();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<EmbeddingBackwardRung>& ladder(const EmbeddingBackward&) {
    return embedding_backward();
}

/// @return an addition an element where there are positions; rows of the table read as often as they are named, the
///         positions read once, y written
Cost cost(const EmbeddingForward& p);
/// @return an addition an element of dy; dy read, and the rows of the gradient that are named, at most all, read and
///         written; the whole gradient where it is overwritten or scaled
Cost cost(const EmbeddingBackward& p);

/// @throws Error for a negative size, a null pointer, or sequences that do not fit the rows
void validate(const EmbeddingForward& p);
/// @throws Error for a negative size or a null pointer
void validate(const EmbeddingBackward& p);
/// Look at each token, which only the host can: the ladders do not.
/// @param tokens     (rows), on the host
/// @param rows       how many
/// @param vocabulary how many there are to choose from
/// @throws Error naming the first token that the table does not have, and its place
void validate_tokens(const std::int32_t* tokens, std::int64_t rows, std::int64_t vocabulary);

}  // namespace kbk
