/// @file
/// sgd/cpu/threaded: the fused pass in pieces, shared among the threads.
///
/// *Change*: pieces of 16 Ki parameters run in parallel.
/// *Why*: several cores draw more bandwidth than one. Predicted: a gain near the number of cores from the
/// shared cache, less from memory.
/// *Limits*: small layers are one piece, and stay on the caller.
/// *Next*: none on the CPU.
#include "common/base/threads.hpp"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [sgd_threaded]
void threaded(const Sgd& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 14;  // 320 KiB read and written: a task outlasts its start
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        Sgd part = p;
        part.weight += begin;
        part.gradient += begin;
        part.velocity += begin;
        part.count = end - begin;
        fused(part, scratch);
    });
}
// [sgd_threaded]

}  // namespace kbk::cpu
