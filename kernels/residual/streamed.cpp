/// @file
/// residual/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of y, beside a and b, is written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole: four transfers of three. Predicted: up
/// to 1.3 times the speed from memory. *Limits*: what a cache could have kept is sent away, so it refuses arrays that
/// the last cache holds, and sums in place, where the line was read anyhow.
/// *Next*: none as a pass of its own; the normalisation that follows adds the branch on its way.
#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/activation/vector_math.hpp"
#include "kernels/residual/rungs.hpp"

namespace kbk::cpu {

// [residual_streamed]
void streamed(const Residual& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;
    const std::int64_t kept = kept_in_cache(8 * p.count, 4 * p.count) / 4;
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        if (begin < kept) return naive(Residual{p.a + begin, p.b + begin, p.y + begin, end - begin}, scratch);
        transform_past_cache(
            end - begin, [](Vector a, Vector b) { return a + b; }, p.y + begin, p.a + begin, p.b + begin);
        finish_streaming();
    });
}
// [residual_streamed]

}  // namespace kbk::cpu
