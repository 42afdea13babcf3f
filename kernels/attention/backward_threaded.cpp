/// @file
/// attention_backward/cpu/threaded: heads, and ranges of their keys, shared among the threads.
///
/// *Change*: the vectorised rung's ranges run on all cores. Where there are few heads, each has several ranges, whose
/// parts of dq are added at the end, in their order.
/// *Why*: dk and dv of a range depend on no other range. Only dq is a sum over all keys: parts with a memory of their
/// own need no atomic additions, whose order would change from run to run. Predicted: a gain near the number of cores.
/// *Limits*: at most 16 parts of dq, so that memory stays linear in the context: one long head uses up to 16 cores.
/// *Next*: none on the CPU.
#include <algorithm>
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/attention/backward_vectorized.hpp"
#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

// [attention_backward_threaded]
void threaded(const AttentionBackward& p, Scratch& scratch) {
    constexpr double worker_flops = 1e6;  // work that repays the start of one more thread
    const AttentionBackwardRanges ranges(p);
    const std::int64_t most = std::max<std::int64_t>(1, std::min<std::int64_t>(threads(), ranges.count));
    const auto workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / worker_flops), 1, most);

    // Each worker takes the next range until none is left; then all add up the parts of dq.
    const Scratch::Frame frame(scratch);
    float *memory = scratch.take<float>(workers * ranges.floats), *parts = scratch.take<float>(ranges.part_floats);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        for (std::int64_t range = next++; range < ranges.count; range = next++)
            ranges.run(p, range, memory + worker * ranges.floats, parts);
    });
    if (workers == 1)
        for (std::int64_t block = 0; block < ranges.blocks; ++block) ranges.add_up(p, block, parts);
    else
        parallel_for(ranges.blocks, [&](std::int64_t block) { ranges.add_up(p, block, parts); });
}
// [attention_backward_threaded]

}  // namespace kbk::cpu
