/// @file
/// matmul/cpu/packed: five loops around the micro-kernel, on panels packed for it.
///
/// *Change*: the parts of A and B that the micro-kernel needs are first copied into the order in which it
/// reads them, block by block. *Why*: packed panels are read front to back: no stride, no cache line half
/// used, few pages. The blocks keep a panel of B in the first-level cache, a block of A in the second, a block
/// of B in the third (Goto and van de Geijn: Anatomy of High-Performance Matrix Multiplication, ACM TOMS
/// 34(3), 2008). Predicted: near the peak of one core for any size, less what packing and the first and last
/// steps of each tile cost.
/// *Limits*: one product, no epilogue, one thread.
/// *Next*: prefetched, which asks for memory before it is needed.
#include "kernels/matmul/five_loops.hpp"

namespace kbk::cpu {

void packed(const Matmul& p, Scratch& scratch) {
    five_loops<Prefetch::no>(p, scratch);
}

}  // namespace kbk::cpu
