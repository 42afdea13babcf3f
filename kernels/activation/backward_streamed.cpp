/// @file
/// activation_backward/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of dx, beside what is read, is written with non-temporal stores.
/// *Why*: three transfers an element in place of four. Predicted: up to 1.3 times the speed from memory.
/// *Limits*: as in the forward direction, not for what the last cache holds and not in place.
/// *Next*: none on the CPU.
#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_backward_streamed]
namespace {

[[gnu::flatten]]  // the loop, with two chains of operations in it, as one piece
void chain_past_cache(const ActivationBackward& p) {
    with_constant(p.kind, [&](auto kind) {
        const auto chain = [&](Vector v, Vector dy) {
            return activation_derivative<Polynomials>(kind(), v) * dy;
        };
        transform_past_cache(p.count, chain, p.dx, p.kept(), p.dy);
    });
    finish_streaming();
}

}  // namespace

void streamed(const ActivationBackward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;
    const std::int64_t kept = kept_in_cache(8 * p.count, 4 * p.count) / 4;
    parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
        const ActivationBackward part = piece(p, begin, end);
        if (begin < kept)
            vectorized(part, scratch);
        else
            chain_past_cache(part);
    });
}
// [activation_backward_streamed]

}  // namespace kbk::cpu
