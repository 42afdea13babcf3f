/// @file
/// activation/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of y, beside x, is written with non-temporal stores.
/// *Why*: an ordinary store first reads the line that it will overwrite whole. That makes three transfers of
/// two: x read, y read, y written. Predicted: up to one and a half times the speed, where memory sets the
/// pace. Where x fits the last cache and y does not, more: ordinary stores would drive x out. *Limits*: what a cache
/// could have kept is sent away, so it refuses arrays that the last cache holds, which the next layer would read from
/// there. In place there is nothing to save: the line was read anyway. *Next*:
/// none as a pass of its own; the epilogue of matmul makes the pass vanish.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/activation/rungs.hpp"
#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

// [activation_streamed]
namespace {

[[gnu::flatten]]  // the loop, with two chains of operations in it, as one piece
void fuse_past_cache(const ActivationForward& p) {
    with_constant(p.kind, [&](auto kind) {
        const auto f = [&](Vector v) { return activate<Polynomials>(kind(), v); };
        const auto biased = [&](Vector v, Vector b) { return activate<Polynomials>(kind(), v + b); };
        if (!p.bias) return transform_past_cache(p.count, f, p.y, p.x);
        for (std::int64_t row = 0; row < p.count; row += p.columns)
            transform_past_cache(p.columns, biased, p.y + row, p.x + row, p.bias);
    });
    finish_streaming();
}

}  // namespace

void streamed(const ActivationForward& p, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 15;
    const std::int64_t row = p.bias ? p.columns : 1, kept = kept_in_cache(4 * p.count, 4 * p.count) / 4;
    parallel_ranges(p.count / row, std::max<std::int64_t>(1, grain / row), [&](std::int64_t begin, std::int64_t end) {
        ActivationForward part = p;
        part.x += begin * row;
        part.y += begin * row;
        part.count = (end - begin) * row;
        if (begin * row < kept)
            fused(part, scratch);
        else
            fuse_past_cache(part);
    });
}
// [activation_streamed]

}  // namespace kbk::cpu
