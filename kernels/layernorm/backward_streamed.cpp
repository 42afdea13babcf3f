/// @file
/// layernorm_backward/cpu/streamed: stores that go past the caches.
///
/// *Change*: for matrices that no cache holds, dx is written with non-temporal stores.
/// *Why*: three transfers an element in place of four. Predicted: up to 1.3 times the speed from memory.
/// *Limits*: as in the forward direction, not below 16 MiB and not in place.
/// *Next*: none on the CPU.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

void streamed(const LayerNormBackward& p, Scratch& scratch) {
    backward_blocks<Destination::memory>(p, scratch);
}

}  // namespace kbk::cpu
