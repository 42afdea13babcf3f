/// @file
/// layernorm_backward/cpu/streamed: stores that go past the caches.
///
/// *Change*: what the last cache cannot hold of dx, beside what is read, is written with non-temporal stores.
/// *Why*: three transfers an element in place of four. Predicted: up to 1.3 times the speed from memory.
/// *Limits*: as in the forward direction, not for what the last cache holds and not in place.
/// *Next*: none on the CPU.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

void streamed(const LayerNormBackward& p, Scratch& scratch) {
    const std::int64_t bytes = 4 * p.rows * p.columns;
    backward_blocks(p, kept_in_cache((p.residual ? 3 : 2) * bytes, bytes) / 4, scratch);
}

}  // namespace kbk::cpu
