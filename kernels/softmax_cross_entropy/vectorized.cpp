/// @file
/// softmax_cross_entropy/cpu/vectorized: as many exponentials at once as a register holds.
///
/// *Change*: the exponential is xsimd's polynomial over whole vectors; the last, partial vector of a row is
/// filled up with minus infinity, whose exponential is zero. *Why*: the exponential dominates, and a
/// polynomial needs no table and no branch. Predicted: a gain of several times for wide rows; less for ten
/// classes, which fill two vectors of eight by little more than half. *Limits*: one thread. *Next*: threaded.
#include <algorithm>
#include <cmath>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::cpu {

// [softmax_cross_entropy_vectorized]
void vectorized(const SoftmaxCrossEntropy& p, Scratch& scratch) {
    using Vector = xsimd::batch<float>;
    constexpr std::int64_t width = Vector::size;
    const std::int64_t padded = (p.classes + width - 1) / width * width;
    const Scratch::Frame frame(scratch);
    float* row = scratch.take<float>(padded);
    std::fill(row + p.classes, row + padded, -std::numeric_limits<float>::infinity());

    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* z = p.logits + i * p.classes;
        const std::int32_t target = p.labels[i];
        std::copy_n(z, p.classes, row);

        // Find the largest logit.
        Vector largest_of(row[0]);
        for (std::int64_t j = 0; j < padded; j += width)
            largest_of = xsimd::max(largest_of, Vector::load_aligned(row + j));
        float lanes[width];
        largest_of.store_unaligned(lanes);
        const float largest = *std::max_element(lanes, lanes + width);
        const float shifted_target = z[target] - largest;

        // Sum the exponentials; keep them where the gradient needs them.
        Vector sums(0.0f);
        for (std::int64_t j = 0; j < padded; j += width) {
            const Vector e = xsimd::exp(Vector::load_aligned(row + j) - Vector(largest));
            sums += e;
            if (p.gradient)
                e.store_unaligned(j + width <= p.classes ? p.gradient + i * p.classes + j : lanes);
            if (p.gradient && j + width > p.classes)
                std::copy_n(lanes, p.classes - j, p.gradient + i * p.classes + j);
        }
        const float sum = xsimd::hadd(sums);
        p.loss[i] = std::log(sum) - shifted_target;

        // Scale them to probabilities, less one at the true class.
        if (!p.gradient) continue;
        float* gradient = p.gradient + i * p.classes;
        const float factor = p.scale / sum;
        for (std::int64_t j = 0; j < p.classes; ++j) gradient[j] *= factor;
        gradient[target] -= p.scale;
    }
}
// [softmax_cross_entropy_vectorized]

}  // namespace kbk::cpu
