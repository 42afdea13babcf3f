/// @file
/// matmul_bf16/cpu/vectorized: a tile of dot products at a time, in vectors.
///
/// *Change*: some rows of A meet some of B, three of each or with AVX-512 four and six; a vector of each is loaded
/// once for all of them. *Why*: these
/// sums do not wait for each other, and both operands lie along k, so nothing is packed. AVX512-BF16 multiplies
/// 32 pairs in an instruction. Elsewhere two numbers are taken out of one word by a shift and a mask, which costs
/// as many instructions as there are multiply-adds. Predicted: with the instruction up to twice the float32
/// product's speed; without it half of that speed, and the gain is in memory alone: half the bytes.
/// *Limits*: one thread. *Next*: threaded.
#include "kernels/matmul_bf16/dot_bf16.hpp"
#include "kernels/matmul_bf16/rungs.hpp"

namespace kbk::cpu {

void vectorized(const MatmulBf16& p, Scratch&) {
    for (std::int64_t task = 0; task < dot_tasks(rows_of(p)); ++task) compute_task(p, task);
}

}  // namespace kbk::cpu
