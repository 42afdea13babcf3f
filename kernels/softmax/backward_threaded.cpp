/// @file
/// softmax_backward/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 32 Ki elements run in parallel, each with the vectorised rung.
/// *Why*: rows are independent. Predicted: a gain near the number of cores while the data fits the caches,
/// less from memory. *Limits*: a small matrix is one block, and stays on the caller; so does a single long
/// row. *Next*: streamed.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_threaded]
void threaded(const SoftmaxBackward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 384 KiB read and written: a task outlasts its start by far
    const std::int64_t rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns));
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = begin * p.columns;
        vectorized(SoftmaxBackward{p.y + at, p.dy + at, p.dx + at, end - begin, p.columns}, scratch);
    });
}
// [softmax_backward_threaded]

}  // namespace kbk::cpu
