/// @file
/// square_sums, rescale/cpu/naive: one loop each.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the definition. Predicted: the product runs at the memory's speed; the sum is far from it, since each
/// addition waits some four cycles for the one before.
/// *Limits*: one thread. *Next*: threaded.
#include <algorithm>

#include "kernels/clip/rungs.hpp"

namespace kbk::cpu {

// [clip_naive]
void naive(const SquareSums& p, Scratch&) {
    for (std::int64_t b = 0; b < p.blocks(p.count); ++b) {
        float sum = 0;
        for (std::int64_t i = b * p.block; i < std::min(p.count, (b + 1) * p.block); ++i) sum += p.x[i] * p.x[i];
        p.sums[b] = sum;
    }
}

void naive(const Rescale& p, Scratch&) {
    for (std::int64_t i = 0; i < p.count; ++i) p.x[i] *= p.factor;
}
// [clip_naive]

}  // namespace kbk::cpu
