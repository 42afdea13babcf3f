/// @file
/// embedding_backward/cpu/threaded: strips of columns, shared among the threads.
///
/// *Change*: each task goes through all tokens, and adds 64 columns of their rows.
/// *Why*: a token that comes often has its row written often: two threads that share out the tokens would add to the
/// same numbers. Columns are independent, every strip is as much work as any other, and each sum keeps the order of the
/// tokens: the same bits for any number of threads. Predicted: a gain near the number of cores.
/// *Limits*: fewer than 128 columns stay on one thread. *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/embedding/rungs.hpp"

namespace kbk::cpu {

// [embedding_backward_threaded]
void threaded(const EmbeddingBackward& p, Scratch&) {
    // The old gradient lies in one piece: cut it as it lies.
    constexpr std::int64_t grain = 1 << 15, strip = 64;
    if (p.beta != 1)
        parallel_ranges(p.vocabulary * p.width, grain, [&](std::int64_t begin, std::int64_t end) {
            if (p.beta == 0)
                std::fill(p.gradient + begin, p.gradient + end, 0.0f);
            else
                for (std::int64_t i = begin; i < end; ++i) p.gradient[i] *= p.beta;
        });
    parallel_ranges(p.width, strip, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = 0; i < p.rows; ++i) {
            float* row = p.gradient + p.tokens[i] * p.width;
            const float* dy = p.dy + i * p.width;
            for (std::int64_t j = begin; j < end; ++j) row[j] += dy[j];
        }
    });
}
// [embedding_backward_threaded]

}  // namespace kbk::cpu
