#include "chapters/02_losses/exercises/binary.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

float binary_cross_entropy(std::span<const float> logit, std::span<const float> truth,
                           std::span<float> gradient) {
    const auto n = float(logit.size());
    float sum = 0;
    for (std::size_t i = 0; i < logit.size(); ++i) {
        const float z = logit[i], y = truth[i], e = std::exp(-std::fabs(z));
        // log(1 + e^z) - y z, with the larger of 0 and z taken out of the logarithm. For y = 1 and large z
        // the first two terms cancel exactly.
        sum += (std::max(z, 0.0f) - y * z) + std::log1p(e);
        const float p = z < 0 ? e / (1 + e) : 1 / (1 + e);
        gradient[i] = (p - y) / n;
    }
    return sum / n;
}

}  // namespace kbk::exercise
