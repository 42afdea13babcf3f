/// @file
/// softmax_cross_entropy/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 4 Ki logits run in parallel, each with the vectorised rung.
/// *Why*: rows are independent. Predicted: a gain near the number of cores, for batches beyond a few
/// hundred rows.
/// *Limits*: a small batch is one block, and stays on the caller.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::cpu {

// [softmax_cross_entropy_threaded]
void threaded(const SoftmaxCrossEntropy& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 12;  // logits in a task: some ten microseconds of exponentials
    const std::int64_t rows = std::max<std::int64_t>(1, grain / p.classes);
    if (p.rows <= rows) return vectorized(p, scratch);

    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        SoftmaxCrossEntropy part = p;
        part.logits += begin * p.classes;
        part.labels += begin;
        part.loss += begin;
        if (part.gradient) part.gradient += begin * p.classes;
        part.rows = end - begin;
        vectorized(part, scratch);
    });
}
// [softmax_cross_entropy_threaded]

}  // namespace kbk::cpu
