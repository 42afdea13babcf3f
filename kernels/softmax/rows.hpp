/// @file
/// A row of a softmax by whole vectors: what the rungs vectorized, threaded and streamed share, and softmax_cross_entropy
/// with them.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/activation/vector_math.hpp"

namespace kbk::cpu {

/// What turns the exponentials of a row into its probabilities, and its logits into a loss.
struct RowStatistics {
    float largest;  ///< the largest logit, M
    float sum;      ///< of all e^(x - M)
};

// [softmax_row]
/// Take the exponentials of a row relative to its largest logit.
/// @tparam stored whether they are stored
/// @param x (n), the logits
/// @param n how many, at least one
/// @param e (n), receives e^(x - M) where they are stored; may be x
/// @return M and the sum
template <bool stored = true>
RowStatistics exponentiate_row(const float* x, std::int64_t n, float* e) {
    constexpr std::int64_t width = Vector::size, chains = 4;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::int64_t blocks = n / (chains * width) * (chains * width), whole = n / width * width;

    // Find the largest logit, in four vectors side by side: a comparison need not wait for the one before it.
    Vector most[chains];
    for (Vector& m : most) m = Vector(-infinity);
    for (std::int64_t j = 0; j < blocks; j += chains * width)
        for (std::int64_t c = 0; c < chains; ++c)
            most[c] = xsimd::max(most[c], Vector::load_unaligned(x + j + c * width));
    for (std::int64_t j = blocks; j < whole; j += width) most[0] = xsimd::max(most[0], Vector::load_unaligned(x + j));
    // The end of a row is filled up with minus infinity, whose exponential is 0.
    if (whole < n) most[1] = xsimd::max(most[1], load_part(x + whole, n - whole, -infinity));
    const float largest = largest_lane(xsimd::max(xsimd::max(most[0], most[1]), xsimd::max(most[2], most[3])));

    // The row lies in the first-level cache now. No exponent is positive.
    Vector sums[chains];
    for (Vector& s : sums) s = Vector(0.0f);
    const auto exponentiate = [&](std::int64_t j, std::int64_t c) {
        const Vector y = falling_exponential(Vector::load_unaligned(x + j) - Vector(largest));
        sums[c] += y;
        if constexpr (stored) y.store_unaligned(e + j);
    };
    for (std::int64_t j = 0; j < blocks; j += chains * width)
        for (std::int64_t c = 0; c < chains; ++c) exponentiate(j + c * width, c);
    for (std::int64_t j = blocks; j < whole; j += width) exponentiate(j, 0);
    if (whole < n) {
        const Vector y = falling_exponential(load_part(x + whole, n - whole, -infinity) - Vector(largest));
        sums[1] += y;
        if constexpr (stored) store_part(y, e + whole, n - whole);
    }
    return {largest, xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3]))};
}
// [softmax_row]

// [dot_product]
/// @param n numbers of each array
/// @param a (n)
/// @param b (n)
/// @return the sum of the products of two arrays, in four vectors side by side
inline float dot_product(std::int64_t n, const float* a, const float* b) {
    constexpr std::int64_t width = Vector::size, chains = 4;
    const std::int64_t whole = n / width * width;
    Vector sums[chains];
    for (Vector& s : sums) s = Vector(0.0f);
    std::int64_t k = 0;
    for (; k + chains * width <= n; k += chains * width)
        for (std::int64_t c = 0; c < chains; ++c)
            sums[c] = xsimd::fma(Vector::load_unaligned(a + k + c * width), Vector::load_unaligned(b + k + c * width), sums[c]);
    for (; k < whole; k += width) sums[0] = xsimd::fma(Vector::load_unaligned(a + k), Vector::load_unaligned(b + k), sums[0]);
    if (whole < n) sums[1] = xsimd::fma(load_part(a + whole, n - whole), load_part(b + whole, n - whole), sums[1]);
    return xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3]));
}
// [dot_product]

}  // namespace kbk::cpu
