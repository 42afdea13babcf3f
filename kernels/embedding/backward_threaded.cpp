/// @file
/// embedding_backward/cpu/threaded: classes of tokens, shared among the threads.
///
/// *Change*: each task goes through the text and adds the rows of its own tokens, those with the same lowest bits.
/// *Why*: a token that comes often has its row written often: two threads that share out the text would add to the
/// same numbers. A row of the gradient belongs to one class, whole rows are read and written, and each sum keeps the
/// order of the text: the bits of one thread for any number of them. Strips of columns would be easier to balance, but
/// tear each row into pieces of which memory reads more than it delivers. Predicted: a gain near the number of cores
/// while the rows fit the caches, less from memory.
/// *Limits*: a short text stays on the caller; a text of one token runs on one thread. *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/embedding/rungs.hpp"

namespace kbk::cpu {

// [embedding_backward_threaded]
void threaded(const EmbeddingBackward& p, Scratch& scratch) {
    // A power of two; enough for an even share, and so few that going through the text for each costs little.
    constexpr std::int64_t classes = 8;
    // The old gradient lies in one piece: cut it as it lies.
    constexpr std::int64_t grain = 1 << 15;
    if (p.beta != 1)
        parallel_ranges(p.vocabulary * p.width, grain, [&](std::int64_t begin, std::int64_t end) {
            if (p.beta == 0)
                std::fill(p.gradient + begin, p.gradient + end, 0.0f);
            else
                for (std::int64_t i = begin; i < end; ++i) p.gradient[i] *= p.beta;
        });

    // One thread takes all classes at once: sums of the same terms in the same order.
    constexpr std::int64_t worthwhile = 1 << 17;
    if (p.rows * p.width < worthwhile || threads() == 1) {
        EmbeddingBackward rest = p;
        rest.beta = 1;
        return naive(rest, scratch);
    }
    parallel_for(classes, [&](std::int64_t own) {
        for (std::int64_t i = 0; i < p.rows; ++i) {
            if (p.tokens[i] % classes != own) continue;
            float* row = p.gradient + p.tokens[i] * p.width;
            const float* dy = p.dy + i * p.width;
            for (std::int64_t j = 0; j < p.width; ++j) row[j] += dy[j];
        }
    });
}
// [embedding_backward_threaded]

}  // namespace kbk::cpu
