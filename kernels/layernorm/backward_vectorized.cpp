/// @file
/// layernorm_backward/cpu/vectorized: both loops of a row over whole vectors.
///
/// *Change*: the row's two sums run in four vectors each, side by side.
/// *Why*: as in the forward direction, additions no longer wait for each other. Predicted: near the speed at which one
/// core draws from memory. *Limits*: one thread. *Next*: threaded.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

void vectorized(const LayerNormBackward& p, Scratch&) {
    begin_sums(p.d_gamma, p.old_gamma, p.columns);
    begin_sums(p.d_beta, p.old_beta, p.columns);
    backward_rows<Destination::cache>(p, 0, p.rows, p.d_gamma, p.d_beta);
}

}  // namespace kbk::cpu
