/// @file
/// softmax/cpu/online: maximum and sum in one pass.
///
/// *Change*: the sum is kept relative to the largest logit so far. When a larger one comes, the sum is
/// multiplied by e^(old - new), which is what the shift would have done to every term (Milakov, Gimelshein
/// 2018). *Why*: a row is read twice and not three times, and the statistics of two halves of a row can be
/// joined, which is how attention never stores its rows. Predicted: a loss here. Rows fit the cache, so the
/// saved pass saves little, and the exponentials, which decide, must be computed once for the sum and once
/// more for the output. *Limits*: one thread; each step of the sum waits for the one before it. *Next*:
/// vectorized, from the stable rung.
#include <cmath>
#include <limits>

#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_online]
void online(const Softmax& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float* x = p.x + i * p.columns;
        // The lowest finite number, as minus infinity less minus infinity would be NaN.
        float largest = std::numeric_limits<float>::lowest(), sum = 0;
        for (std::int64_t j = 0; j < p.columns; ++j)
            if (x[j] <= largest) {
                sum += std::exp(x[j] - largest);
            } else {
                sum = sum * std::exp(largest - x[j]) + 1;
                largest = x[j];
            }
        float* y = p.y + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) y[j] = std::exp(x[j] - largest) / sum;
    }
}
// [softmax_online]

}  // namespace kbk::cpu
