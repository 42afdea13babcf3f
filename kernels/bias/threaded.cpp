/// @file
/// bias/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 32 Ki elements run in parallel.
/// *Why*: several cores draw more bandwidth from the caches than one. Predicted: a gain near the number
/// of cores while the data fits the caches; none below one block.
/// *Limits*: small matrices do not gain.
/// *Next*: the matmul epilogue, which adds the bias while the product is still in registers.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_threaded]
void threaded(const Bias& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // elements in a task: it outlasts its start by far
    const std::int64_t rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns));
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        naive(Bias{p.y + begin * p.columns, p.bias, end - begin, p.columns}, scratch);
    });
}
// [bias_threaded]

}  // namespace kbk::cpu
