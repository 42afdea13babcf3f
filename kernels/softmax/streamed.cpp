/// @file
/// softmax/cpu/streamed: stores that go past the caches.
///
/// *Change*: a row's exponentials stay in a buffer of the first-level cache; what the last cache cannot hold of the
/// probabilities is written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole. That makes three transfers of two: x
/// read, y read, y written. Predicted: up to one and a half times the speed from memory. *Limits*: it refuses what
/// the last cache holds, y in place, where the line was read anyhow, and rows that the buffer does not hold.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/softmax/rows.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_streamed]
void streamed(const Softmax& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 14;
    const std::int64_t n = p.columns, rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, n));
    const std::int64_t bytes = 4 * p.rows * n, kept = kept_in_cache(bytes, bytes) / 4;
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        if (begin * n < kept) return vectorized(Softmax{p.x + begin * n, p.y + begin * n, end - begin, n}, scratch);
        alignas(64) float e[streamed_columns];
        for (std::int64_t i = begin; i < end && n > 0; ++i) {
            const Vector factor(1 / exponentiate_row(p.x + i * n, n, e).sum);
            transform_past_cache(
                n, [&](Vector v) { return v * factor; }, p.y + i * n, e);
        }
        finish_streaming();
    });
}
// [softmax_streamed]

}  // namespace kbk::cpu
