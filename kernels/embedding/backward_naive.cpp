/// @file
/// embedding_backward/cpu/naive: row after row.
///
/// *Change*: none, this is the first rung.
/// *Why*: each row of dy is added to the row that its token came from. Nothing but the rows that are named is touched,
/// once the old gradient is out of the way. Predicted: for a large vocabulary, setting the gradient to zero takes longer
/// than all else. *Limits*: one thread. *Next*: threaded.
#include "kernels/embedding/rungs.hpp"

namespace kbk::cpu {

// [embedding_backward_naive]
void naive(const EmbeddingBackward& p, Scratch&) {
    if (p.beta != 1)
        for (std::int64_t i = 0; i < p.vocabulary * p.width; ++i)
            p.gradient[i] = p.beta == 0 ? 0 : p.beta * p.gradient[i];
    for (std::int64_t i = 0; i < p.rows; ++i) {
        float* row = p.gradient + p.tokens[i] * p.width;
        const float* dy = p.dy + i * p.width;
        for (std::int64_t j = 0; j < p.width; ++j) row[j] += dy[j];
    }
}
// [embedding_backward_naive]

}  // namespace kbk::cpu
