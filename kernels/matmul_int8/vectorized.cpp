/// @file
/// matmul_int8/cpu/vectorized: a tile of dot products at a time, in vectors.
///
/// *Change*: some rows of A meet some of B, three of each or with AVX-512 four and six; a vector of each is loaded
/// once for all of them. *Why*: a
/// vector holds four times as many bytes as floats. VNNI multiplies 64 of them and adds in one instruction. With
/// AVX2 they are widened to 16 bits first, and an instruction multiplies 16 of these and adds pairs. Predicted:
/// with AVX2 at most as many operations in a cycle as in float32, since multiply and add are two instructions, and
/// a quarter of the bytes; with VNNI several times as many. *Limits*: one thread. *Next*: threaded.
#include "kernels/matmul_int8/dot_int8.hpp"
#include "kernels/matmul_int8/rungs.hpp"

namespace kbk::cpu {

void vectorized(const MatmulInt8& p, Scratch&) {
    for (std::int64_t task = 0; task < dot_tasks(rows_of(p)); ++task) compute_task(p, task);
}

}  // namespace kbk::cpu
