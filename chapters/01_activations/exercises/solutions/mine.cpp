/// @file
/// A solution of exercise 5: one loop without a branch or a call, which the compiler turns into vectors.
#include <bit>
#include <cstdint>

#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

void mine(const ActivationForward& p, Scratch& scratch) {
    if (p.kind != Activation::sigmoid || p.bias) return naive(p, scratch);
    for (std::int64_t i = 0; i < p.count; ++i) {
        const float x = p.x[i], size = x < 0 ? x : -x;

        // e^size, for which -87 is as good as anything below it.
        const float t = size < -87 ? -87.0f : size;
        const float n =
            (t * 1.44269504f + 12582912.0f) - 12582912.0f;  // the nearest integer: adding 1.5 * 2^23 rounds
        const float r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
        float sum = 1.0f / 5040;
        sum = sum * r + 1.0f / 720;
        sum = sum * r + 1.0f / 120;
        sum = sum * r + 1.0f / 24;
        sum = sum * r + 1.0f / 6;
        sum = sum * r + 0.5f;
        const float e =
            (1 + (r + r * r * sum)) * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);

        const float y = 1 / (1 + e);
        p.y[i] = x < 0 ? e * y : y;
    }
}

}  // namespace kbk::cpu
