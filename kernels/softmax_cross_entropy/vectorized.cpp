/// @file
/// softmax_cross_entropy/cpu/vectorized: as many exponentials at once as a register holds.
///
/// *Change*: the exponential is xsimd's polynomial over whole vectors; the last, partial vector of a row
/// is filled up with minus infinity, whose exponential is zero.
/// *Why*: the exponential dominates, and a polynomial needs no table and no branch. Predicted: a gain of
/// several times for wide rows; less for ten classes, which fill two vectors of eight by little more than
/// half.
/// *Limits*: one thread.
/// *Next*: threaded.
#include <algorithm>
#include <cmath>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::cpu {

// [softmax_cross_entropy_vectorized]
void vectorized(const SoftmaxCrossEntropy& p, Scratch&) {
    using Vector = xsimd::batch<float>;
    constexpr std::int64_t width = Vector::size;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::int64_t n = p.classes;

    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* z = p.logits + i * n;
        float* gradient = p.gradient ? p.gradient + i * n : nullptr;
        float lanes[width];
        const auto load = [&](std::int64_t j) {
            if (j + width <= n) return Vector::load_unaligned(z + j);
            std::fill(std::copy_n(z + j, n - j, lanes), lanes + width, -infinity);
            return Vector::load_unaligned(lanes);
        };

        // Find the largest logit.
        Vector largest_of(-infinity);
        for (std::int64_t j = 0; j < n; j += width) largest_of = xsimd::max(largest_of, load(j));
        largest_of.store_unaligned(lanes);
        const float largest = *std::max_element(lanes, lanes + width);
        const std::int32_t target = p.labels[i];
        const float shifted_target = z[target] - largest;

        // Sum the exponentials; keep them where the gradient will be. It may lie over the logits, so nothing
        // reads a logit once its exponential is known.
        Vector sums(0.0f);
        for (std::int64_t j = 0; j < n; j += width) {
            const Vector e = xsimd::exp(load(j) - Vector(largest));
            sums += e;
            if (!gradient) continue;
            e.store_unaligned(lanes);
            std::copy_n(lanes, std::min(width, n - j), gradient + j);
        }
        const float sum = xsimd::hadd(sums);
        p.loss[i] = std::log(sum) - shifted_target;

        // Scale them to probabilities, less one at the true class.
        if (!gradient) continue;
        const float factor = p.scale / sum;
        for (std::int64_t j = 0; j < n; ++j) gradient[j] *= factor;
        gradient[target] -= p.scale;
    }
}
// [softmax_cross_entropy_vectorized]

}  // namespace kbk::cpu
