/// @file
/// activation_backward/cpu/streamed: stores that go past the caches.
///
/// *Change*: for arrays that no cache holds, the pieces of the threads are written with non-temporal stores.
/// *Why*: three transfers an element in place of four. Predicted: up to 1.3 times the speed from memory.
/// *Limits*: as in the forward direction, not below 16 MiB and not in place.
/// *Next*: none on the CPU.
#include "common/base/threads.hpp"
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_backward_streamed]
void streamed(const ActivationBackward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 15;
    with_constant(p.kind, [&](auto kind) {
        const auto chain = [&](Vector v, Vector dy) {
            return activation_derivative<Polynomials>(kind(), v) * dy;
        };
        parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
            transform_past_cache(end - begin, chain, p.dx + begin, p.kept() + begin, p.dy + begin);
        });
    });
}
// [activation_backward_streamed]

}  // namespace kbk::cpu
