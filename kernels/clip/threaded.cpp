/// @file
/// square_sums, rescale/cpu/threaded: blocks, shared among the threads, with sums side by side.
///
/// *Change*: blocks run in parallel; each is added up in thirty-two running sums, which are joined at its end.
/// *Why*: the compiler makes vectors of sums that do not wait for each other, and none of one. A block is summed by one
/// task, so the bits do not depend on the number of threads. Predicted: the memory's speed.
/// *Limits*: small arrays are one block, and stay on the caller.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/clip/rungs.hpp"

namespace kbk::cpu {

// [clip_threaded]
void threaded(const SquareSums& p, Scratch&) {
    parallel_for(p.blocks(p.count), [&](std::int64_t b) {
        constexpr std::int64_t side_by_side = 32;  // four to eight vectors of floats
        const float* x = p.x + b * p.block;
        const std::int64_t n = std::min(p.block, p.count - b * p.block);
        float sums[side_by_side] = {};
        std::int64_t i = 0;
        for (; i + side_by_side <= n; i += side_by_side)
            for (std::int64_t l = 0; l < side_by_side; ++l) sums[l] += x[i + l] * x[i + l];
        for (; i < n; ++i) sums[i % side_by_side] += x[i] * x[i];
        float sum = 0;
        for (const float part : sums) sum += part;
        p.sums[b] = sum;
    });
}

void threaded(const Rescale& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;  // 256 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        naive(Rescale{p.x + begin, end - begin, p.factor}, scratch);
    });
}
// [clip_threaded]

}  // namespace kbk::cpu
