/// @file
/// softmax_backward/cpu/vectorized: both loops over whole vectors.
///
/// *Change*: as many running sums as four registers have lanes, joined at the end of a row.
/// *Why*: without leave to reorder additions the compiler must add them one by one, each waiting for the
/// last. Predicted: several times faster on rows that fit the cache. *Limits*: one thread. *Next*: threaded.
#include "kernels/softmax/rows.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_vectorized]
void vectorized(const SoftmaxBackward& p, Scratch&) {
    const std::int64_t n = p.columns;
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float *y = p.y + i * n, *dy = p.dy + i * n;
        const Vector dot(dot_product(n, y, dy));
        transform(
            n, [&](Vector a, Vector b) { return a * (b - dot); }, p.dx + i * n, y, dy);
    }
}
// [softmax_backward_vectorized]

}  // namespace kbk::cpu
