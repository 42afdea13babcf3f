/// @file
/// layernorm/cpu/streamed: stores that go past the caches.
///
/// *Change*: for matrices that no cache holds, y is written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole. That makes three transfers of two: x
/// read, y read, y written. Predicted: up to one and a half times the speed. *Limits*: what a cache could have kept is
/// sent away, so it refuses matrices below 16 MiB, and y in place, where the line was read anyhow.
/// *Next*: none on the CPU.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

// [layernorm_streamed]
void streamed(const LayerNormForward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 14;
    parallel_ranges(p.rows, std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns)), [&](std::int64_t begin, std::int64_t end) {
        normalise_rows<Destination::memory>(p, begin, end);
    });
}
// [layernorm_streamed]

}  // namespace kbk::cpu
