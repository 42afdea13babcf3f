/// @file
/// activation/cpu/streamed: stores that go past the caches.
///
/// *Change*: for arrays that no cache holds, the pieces of the threads are written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole. That makes three transfers of
/// two: x read, y read, y written. Predicted: up to one and a half times the speed, where memory sets the
/// pace. *Limits*: what a cache could have kept is sent away, so it refuses arrays below 16 MiB, which the
/// next layer would read from there. In place there is nothing to save: the line was read anyway. *Next*:
/// none as a pass of its own; the epilogue of matmul makes the pass vanish.
#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_streamed]
void streamed(const ActivationForward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 15;
    with_constant(p.kind, [&](auto kind) {
        parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
            transform_past_cache(
                end - begin, [&](Vector v) { return activate<Polynomials>(kind(), v); }, p.y + begin,
                p.x + begin);
        });
    });
}
// [activation_streamed]

}  // namespace kbk::cpu
