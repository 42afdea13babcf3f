/// @file
/// activation_backward/cpu/threaded: the loop in pieces, shared among the threads.
///
/// *Change*: pieces of 32 Ki elements run in parallel.
/// *Why*: as in the forward direction.
/// *Limits*: small arrays do not gain.
/// *Next*: none on the CPU.
#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_backward_threaded]
void threaded(const ActivationBackward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 384 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        naive(ActivationBackward{p.kind, p.y + begin, p.dy + begin, p.dx + begin, end - begin}, scratch);
    });
}
// [activation_backward_threaded]

}  // namespace kbk::cpu
