/// @file
/// attention/cpu/threaded: blocks of queries, shared among the threads.
///
/// *Change*: the vectorised rung's blocks, of up to 128 queries of one head, run on all cores.
/// *Why*: a query's output depends on no other query. A block is the same work whoever does it, so the bits are the
/// same for any number of threads. The last blocks of a head, which see most keys, come first, so that small ones fill
/// the end. Predicted: a gain near the number of cores. *Limits*: a single query has one block a head: with fewer heads
/// than cores some stay idle. *Next*: none on the CPU.
#include <algorithm>
#include <atomic>

#include "common/base/threads.hpp"
#include "kernels/attention/rungs.hpp"
#include "kernels/attention/vectorized.hpp"

namespace kbk::cpu {

// [attention_threaded]
void threaded(const Attention& p, Scratch& scratch) {
    // Work that repays the start of one more thread: some ten microseconds. Where memory is the limit it is less.
    const AttentionBlocks blocks(p);
    const double worker_flops = p.queries == 1 ? 1e5 : 1e6;
    const auto workers = std::clamp<std::int64_t>(std::int64_t(cost(p).flops / worker_flops), 1,
                                                  std::max<std::int64_t>(1, std::min<std::int64_t>(threads(), blocks.count)));

    // Each worker takes the next block until none is left.
    const Scratch::Frame frame(scratch);
    float* memory = scratch.take<float>(workers * blocks.floats);
    std::atomic<std::int64_t> next = 0;
    parallel_for(workers, [&](std::int64_t worker) {
        for (std::int64_t block = next++; block < blocks.count; block = next++)
            blocks.run(p, block, memory + worker * blocks.floats);
    });
}
// [attention_threaded]

}  // namespace kbk::cpu
