/// @file
/// embedding/cpu/threaded: blocks of rows, shared among the threads.
///
/// *Change*: blocks of about 16 Ki elements run in parallel.
/// *Why*: rows are independent, and several cores wait for memory at the same time. Predicted: a gain near the number
/// of cores. *Limits*: a short text is one block, and stays on the caller. *Next*: none on the CPU.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/embedding/rungs.hpp"

namespace kbk::cpu {

// [embedding_threaded]
void threaded(const EmbeddingForward& p, Scratch&) {
    constexpr std::int64_t grain = 1 << 14;  // 128 KiB read and written: a task outlasts its start by far
    const std::int64_t rows = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, p.width));
    parallel_ranges(p.rows, rows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const float* row = p.table + p.tokens[i] * p.width;
            const float* place = p.positions ? p.positions + i % p.time * p.width : nullptr;
            float* y = p.y + i * p.width;
            if (place)
                for (std::int64_t j = 0; j < p.width; ++j) y[j] = row[j] + place[j];
            else
                std::copy_n(row, p.width, y);
        }
    });
}
// [embedding_threaded]

}  // namespace kbk::cpu
