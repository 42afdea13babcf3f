/// @file
/// layernorm_backward/cpu/threaded: blocks of rows, each with sums of its own.
///
/// *Change*: at most 64 blocks of rows run in parallel; each adds up its part of d_gamma and d_beta, and the parts are
/// added in the order of the blocks.
/// *Why*: dx of a row depends on that row alone, but a column's sum runs through all rows. Blocks that depend on the
/// sizes alone keep every bit the same for any number of threads; 64 are enough to share out evenly, and their parts
/// fit the second-level cache. Predicted: a gain near the number of cores while the data fits the caches.
/// *Limits*: a small matrix is one block, and stays on the caller. *Next*: streamed.
#include "kernels/layernorm/rows.hpp"

namespace kbk::cpu {

void threaded(const LayerNormBackward& p, Scratch& scratch) {
    backward_blocks(p, p.rows * p.columns, scratch);
}

}  // namespace kbk::cpu
