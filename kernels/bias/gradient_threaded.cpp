/// @file
/// bias_gradient/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: each task adds up a block of rows, eight of them at a time, into sums of its own; then these are added in
/// the order of the blocks.
/// *Why*: a block is read in memory's own order, as the core's prefetching wants it; a task that took all rows of a few
/// columns would jump a whole row ahead after each few cache lines. Eight rows at a time, so that the running sums go
/// through the first-level cache once for eight additions. Blocks depend on the sizes alone, and so does every bit of the
/// result. Predicted: the speed at which all cores together read.
/// *Limits*: little work stays on one thread.
/// *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/bias/rungs.hpp"

namespace kbk::cpu {

// [bias_gradient_threaded]
void threaded(const BiasGradient& p, Scratch& scratch) {
    constexpr std::int64_t worthwhile = 1 << 15, grain = 1 << 14, most_blocks = 64, together = 8;
    const std::int64_t n = p.columns;
    if (p.rows * n < worthwhile) return rowwise(p, scratch);

    // At least 64 KiB a block, and a whole number of eights; few enough blocks that their sums stay in a cache.
    const std::int64_t least = std::max((grain + n - 1) / n, (p.rows + most_blocks - 1) / most_blocks);
    const std::int64_t height = (least + together - 1) / together * together, blocks = (p.rows + height - 1) / height;
    const Scratch::Frame frame(scratch);
    float* parts = scratch.take<float>(blocks * n);
    parallel_for(blocks, [&](std::int64_t b) {
        float* __restrict__ part = parts + b * n;
        std::fill_n(part, n, 0.0f);
        const std::int64_t end = std::min(p.rows, (b + 1) * height);
        std::int64_t i = b * height;
        for (; i + together <= end; i += together) {
            const float* __restrict__ row = p.dy + i * n;
            for (std::int64_t j = 0; j < n; ++j)
                part[j] += ((row[j] + row[n + j]) + (row[2 * n + j] + row[3 * n + j])) +
                           ((row[4 * n + j] + row[5 * n + j]) + (row[6 * n + j] + row[7 * n + j]));
        }
        for (; i < end; ++i)
            for (std::int64_t j = 0; j < n; ++j) part[j] += p.dy[i * n + j];
    });

    constexpr std::int64_t strip = 1 << 10;  // columns of a task: four KiB of each part
    parallel_ranges(n, strip, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t j = begin; j < end; ++j) p.gradient[j] = p.beta == 0 ? 0 : p.beta * p.gradient[j];
        for (std::int64_t b = 0; b < blocks; ++b)
            for (std::int64_t j = begin; j < end; ++j) p.gradient[j] += parts[b * n + j];
    });
}
// [bias_gradient_threaded]

}  // namespace kbk::cpu
