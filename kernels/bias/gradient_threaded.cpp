/// @file
/// bias_gradient/cpu/threaded: blocks of columns, shared among the threads.
///
/// *Change*: each task sums the rows of 64 columns, four cache lines of running sums.
/// *Why*: columns are independent, so the order of each sum, and with it every bit of the result, is the
/// same for any number of threads. Sharing out the rows would be simpler to balance but would split the
/// sums.
/// *Limits*: fewer than 128 columns, or little work, stay on one thread.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_gradient_threaded]
void threaded(const BiasGradient& p, Scratch& scratch) {
    constexpr std::int64_t width = 64, worthwhile = 1 << 15;
    if (p.rows * p.columns < worthwhile) return rowwise(p, scratch);

    parallel_ranges(p.columns, width, [&](std::int64_t begin, std::int64_t end) {
        float sums[width] = {};
        for (std::int64_t i = 0; i < p.rows; ++i) {
            const float* row = p.dy + i * p.columns + begin;
            for (std::int64_t j = 0; j < end - begin; ++j) sums[j] += row[j];
        }
        for (std::int64_t j = begin; j < end; ++j)
            p.gradient[j] = p.beta == 0 ? sums[j - begin] : p.beta * p.gradient[j] + sums[j - begin];
    });
}
// [bias_gradient_threaded]

}  // namespace kbk::cpu
