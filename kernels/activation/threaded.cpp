/// @file
/// activation/cpu/threaded: the loop in pieces, shared among the threads.
///
/// *Change*: pieces of 32 Ki elements run in parallel.
/// *Why*: several cores draw more bandwidth from the caches than one. Predicted: a gain near the number
/// of cores while the data fits the caches, less from memory; none below one piece, which stays on the
/// caller.
/// *Limits*: threads take microseconds to start, so small arrays do not gain.
/// *Next*: a fused epilogue, which makes this pass vanish into the matrix product.
#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_threaded]
void threaded(const ActivationForward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 256 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        naive(ActivationForward{p.kind, p.x + begin, p.y + begin, end - begin}, scratch);
    });
}
// [activation_threaded]

}  // namespace kbk::cpu
