/// @file
/// softmax/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 16 Ki elements run in parallel, each with the vectorised rung.
/// *Why*: rows are independent. Predicted: a gain near the number of cores, for matrices of more than a
/// block. *Limits*: a small matrix is one block, and stays on the caller; so does a single long row. *Next*:
/// streamed.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_threaded]
void threaded(const Softmax& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 14;  // elements in a task: some ten microseconds of exponentials
    const std::int64_t rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns));
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        vectorized(Softmax{p.x + begin * p.columns, p.y + begin * p.columns, end - begin, p.columns},
                   scratch);
    });
}
// [softmax_threaded]

}  // namespace kbk::cpu
