/// @file
/// matmul/cpu/prefetched: the packed rung, with the tile of C under way before it is needed.
///
/// *Change*: before it begins to add up, the micro-kernel asks for the elements of C to which it will add its
/// sums. *Why*: nobody has touched them for a whole block of k, so they lie in a far cache or in
/// memory, one row of the tile in another page than the next: the processor cannot foresee them. Panels need
/// no such help, since it recognises reading front to back. Predicted: a few per cent at most, since
/// the end of one tile overlaps with the beginning of the next. *Limits*: as packed.
/// *Next*: threaded, which shares the tiles of C among threads.
#include "kernels/matmul/five_loops.hpp"

namespace kbk::cpu {

// [matmul_prefetched]
void prefetched(const Matmul& p, Scratch& scratch) {
    five_loops<Prefetch::yes>(p, scratch);
}
// [matmul_prefetched]

}  // namespace kbk::cpu
