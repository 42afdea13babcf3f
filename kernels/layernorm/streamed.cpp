/// @file
/// layernorm/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of y, beside what is read, is written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole. That makes three transfers of two: x
/// read, y read, y written. Predicted: up to one and a half times the speed. *Limits*: what a cache could have kept is
/// sent away, so it refuses matrices that the last cache holds, and y in place, where the line was read anyhow.
/// *Next*: none on the CPU.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

// [layernorm_streamed]
void streamed(const LayerNormForward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 14;
    const std::int64_t bytes = 4 * p.rows * p.columns, kept = kept_in_cache((p.branch ? 3 : 1) * bytes, bytes) / 4;
    parallel_ranges(p.rows, std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.columns)), [&](std::int64_t begin, std::int64_t end) {
        const auto normalise =
            begin * p.columns < kept ? normalise_rows<Destination::cache> : normalise_rows<Destination::memory>;
        normalise(p, begin, end);
    });
}
// [layernorm_streamed]

}  // namespace kbk::cpu
