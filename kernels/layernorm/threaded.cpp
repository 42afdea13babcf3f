/// @file
/// layernorm/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 16 Ki elements run in parallel, each with the vectorised loops.
/// *Why*: rows are independent, so the result does not depend on the number of threads. Predicted: a gain near the
/// number of cores while the data fits the caches, less from memory. *Limits*: a small matrix is one block, and stays
/// on the caller. *Next*: streamed.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

// [layernorm_threaded]
void threaded(const LayerNormForward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 14;  // 128 KiB read and written: a task outlasts its start by far
    parallel_ranges(p.rows, std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns)), [&](std::int64_t begin, std::int64_t end) {
        normalise_rows<Destination::cache>(p, begin, end);
    });
}
// [layernorm_threaded]

}  // namespace kbk::cpu
