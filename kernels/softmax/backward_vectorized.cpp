/// @file
/// softmax_backward/cpu/vectorized: both loops over whole vectors.
///
/// *Change*: as many running sums as a register has lanes, joined at the end of a row.
/// *Why*: without leave to reorder additions the compiler must add them one by one, each waiting for the
/// last. Predicted: several times faster on rows that fit the cache. *Limits*: one thread. *Next*: threaded.
#include "kernels/activation/vector_math.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_vectorized]
void vectorized(const SoftmaxBackward& p, Scratch&) {
    constexpr std::int64_t width = Vector::size;
    const std::int64_t n = p.columns, whole = n / width * width;
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float *y = p.y + i * n, *dy = p.dy + i * n;
        Vector sums(0.0f);
        for (std::int64_t k = 0; k < whole; k += width)
            sums = xsimd::fma(Vector::load_unaligned(y + k), Vector::load_unaligned(dy + k), sums);
        if (whole < n)
            sums = xsimd::fma(load_part(y + whole, n - whole), load_part(dy + whole, n - whole), sums);
        const Vector dot(xsimd::hadd(sums));
        transform(
            n, [&](Vector a, Vector b) { return a * (b - dot); }, p.dx + i * n, y, dy);
    }
}
// [softmax_backward_vectorized]

}  // namespace kbk::cpu
