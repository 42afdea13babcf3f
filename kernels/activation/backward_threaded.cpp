/// @file
/// activation_backward/cpu/threaded: the arrays in pieces, shared among the threads.
///
/// *Change*: pieces of 32 Ki elements run in parallel.
/// *Why*: as in the forward direction.
/// *Limits*: small arrays do not gain.
/// *Next*: streamed.
#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_backward_threaded]
void threaded(const ActivationBackward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 384 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        vectorized(piece(p, begin, end), scratch);
    });
}
// [activation_backward_threaded]

}  // namespace kbk::cpu
