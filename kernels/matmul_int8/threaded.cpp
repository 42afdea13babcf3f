/// @file
/// matmul_int8/cpu/threaded: the vectorised blocks, shared among the threads.
///
/// *Change*: threads take blocks of C. *Why*: blocks do not depend on each other, and sums of integers are the
/// same in any order. Predicted: the vectorised rung's speed times the number of cores. *Limits*: blocks of
/// 96 x 48 are cut by the problem's size, so a small product runs on few cores. *Next*: a library; none of this
/// book's computes in int8 on the CPU.
#include "common/base/threads.hpp"
#include "kernels/matmul_int8/dot_int8.hpp"
#include "kernels/matmul_int8/rungs.hpp"

namespace kbk::cpu {

void threaded(const MatmulInt8& p, Scratch&) {
    parallel_for(dot_tasks(rows_of(p)), [&](std::int64_t task) { compute_task(p, task); });
}

}  // namespace kbk::cpu
