/// @file
/// residual/cpu/threaded: the arrays in pieces, shared among the threads.
///
/// *Change*: pieces of 32 Ki elements run in parallel.
/// *Why*: several cores draw more bandwidth than one. Predicted: a gain near the number of cores while the arrays fit
/// the caches, less from memory. *Limits*: threads take microseconds to start, so small arrays do not gain.
/// *Next*: streamed.
#include "common/base/threads.hpp"
#include "kernels/residual/rungs.hpp"

namespace kbk::cpu {

// [residual_threaded]
void threaded(const Residual& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 384 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        naive(Residual{p.a + begin, p.b + begin, p.y + begin, end - begin}, scratch);
    });
}
// [residual_threaded]

}  // namespace kbk::cpu
