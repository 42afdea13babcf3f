/// @file
/// activation/cpu/threaded: the array in pieces, shared among the threads.
///
/// *Change*: pieces of about 32 Ki elements (whole rows, where there is a bias) run in parallel.
/// *Why*: several cores compute more, and draw more bandwidth from the caches, than one. Predicted: a gain
/// near the number of cores for exponentials, and for ReLU while the data fits the caches; none below one
/// piece, which stays on the caller. *Limits*: threads take microseconds to start, so small arrays do not
/// gain. *Next*: streamed.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_threaded]
void threaded(const ActivationForward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 256 KiB read and written: a task outlasts its start by far
    const std::int64_t row = p.bias ? p.columns : 1;
    parallel_ranges(p.count / row, std::max<std::int64_t>(1, grain / row),
                    [&](std::int64_t begin, std::int64_t end) {
                        ActivationForward part = p;
                        part.x += begin * row;
                        part.y += begin * row;
                        part.count = (end - begin) * row;
                        fused(part, scratch);
                    });
}
// [activation_threaded]

}  // namespace kbk::cpu
