/// @file
/// matmul_bf16/cpu/threaded: the vectorised blocks, shared among the threads.
///
/// *Change*: threads take blocks of C. *Why*: blocks do not depend on each other. Predicted: the vectorised
/// rung's speed times the number of cores. *Limits*: blocks of 96 x 48 are cut by the problem's size, so a small
/// product runs on few cores. *Next*: a library; none of this book's computes in bfloat16 on the CPU.
#include "common/base/threads.hpp"
#include "kernels/matmul_bf16/dot_bf16.hpp"
#include "kernels/matmul_bf16/rungs.hpp"

namespace kbk::cpu {

void threaded(const MatmulBf16& p, Scratch&) {
    parallel_for(dot_tasks(rows_of(p)), [&](std::int64_t task) { compute_task(p, task); });
}

}  // namespace kbk::cpu
