/// @file
/// embedding/cpu/naive: row after row.
///
/// *Change*: none, this is the first rung.
/// *Why*: a row of the table is copied as it lies, by whole vectors. Predicted: limited by memory, or by the wait for it
/// where the table fits no cache and rows are short, since nothing says which row comes next.
/// *Limits*: one thread. *Next*: threaded.
#include "kernels/embedding/rungs.hpp"

namespace kbk::cpu {

// [embedding_naive]
void naive(const EmbeddingForward& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* row = p.table + p.tokens[i] * p.width;
        float* y = p.y + i * p.width;
        if (p.positions) {
            const float* place = p.positions + i % p.time * p.width;
            for (std::int64_t j = 0; j < p.width; ++j) y[j] = row[j] + place[j];
        } else {
            for (std::int64_t j = 0; j < p.width; ++j) y[j] = row[j];
        }
    }
}
// [embedding_naive]

}  // namespace kbk::cpu
