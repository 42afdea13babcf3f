/// @file
/// softmax_backward/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of dx is written with non-temporal stores.
/// *Why*: three transfers an element in place of four. Predicted: up to 1.3 times the speed from memory.
/// *Limits*: as in the forward direction, not for what the last cache holds and not in place.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/softmax/rows.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_streamed]
void streamed(const SoftmaxBackward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 14;
    const std::int64_t n = p.columns, rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, n));
    const std::int64_t bytes = 4 * p.rows * n, kept = kept_in_cache(2 * bytes, bytes) / 4;
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        const SoftmaxBackward part{p.y + begin * n, p.dy + begin * n, p.dx + begin * n, end - begin, n};
        if (begin * n < kept) return vectorized(part, scratch);
        for (std::int64_t i = 0; i < part.rows; ++i) {
            const float *y = part.y + i * n, *dy = part.dy + i * n;
            const Vector dot(dot_product(n, y, dy));
            transform_past_cache(
                n, [&](Vector a, Vector b) { return a * (b - dot); }, part.dx + i * n, y, dy);
        }
        finish_streaming();
    });
}
// [softmax_backward_streamed]

}  // namespace kbk::cpu
