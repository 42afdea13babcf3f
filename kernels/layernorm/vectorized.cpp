/// @file
/// layernorm/cpu/vectorized: the three loops over whole vectors, the branch added in the first.
///
/// *Change*: each sum runs in four vectors side by side; the pass that added the branch is gone.
/// *Why*: the compiler must not reorder additions, so it kept a single running sum. Thirty-two of them, in four
/// registers, are as many additions under way as the core can hold. Adding on the way saves writing the sum, reading it
/// and the wait between. Predicted: near the speed at which one core draws from memory, since the second and third
/// reading find the row in the first-level cache. *Limits*: one thread. *Next*: threaded.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

void vectorized(const LayerNormForward& p, Scratch&) {
    normalise_rows<Destination::cache>(p, 0, p.rows);
}

}  // namespace kbk::cpu
