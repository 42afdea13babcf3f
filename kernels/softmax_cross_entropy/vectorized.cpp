/// @file
/// softmax_cross_entropy/cpu/vectorized: as many exponentials at once as a register holds.
///
/// *Change*: a row goes through the loops of softmax (softmax/rows.hpp), whole vectors and a polynomial exponential; the
/// last, partial vector of a row is filled up with minus infinity, whose exponential is zero.
/// *Why*: the exponential dominates, and a polynomial needs no table and no branch. Predicted: a gain of
/// several times for wide rows; less for ten classes, which do not fill a vector of sixteen, and of which each row still
/// takes a logarithm from the C library.
/// *Limits*: one thread.
/// *Next*: threaded.
#include <cmath>

#include "kernels/softmax/rows.hpp"
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk::cpu {

// [softmax_cross_entropy_vectorized]
void vectorized(const SoftmaxCrossEntropy& p, Scratch&) {
    const std::int64_t n = p.classes;
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* z = p.logits + i * n;
        const float target = z[p.labels[i]];  // read before the gradient may overwrite it
        float* gradient = p.gradient ? p.gradient + i * n : nullptr;

        // Leave the exponentials where the gradient will be.
        const auto [largest, sum] = gradient ? exponentiate_row(z, n, gradient) : exponentiate_row<false>(z, n, nullptr);
        p.loss[i] = std::log(sum) - (target - largest);

        // Scale them to probabilities, less one at the true class.
        if (!gradient) continue;
        const Vector factor(p.scale / sum);
        transform(
            n, [&](Vector e) { return e * factor; }, gradient, gradient);
        gradient[p.labels[i]] -= p.scale;
    }
}
// [softmax_cross_entropy_vectorized]

}  // namespace kbk::cpu
