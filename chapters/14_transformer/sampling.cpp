#include "chapters/14_transformer/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/error.hpp"

namespace kbk {

// [sampling]
std::vector<double> probabilities(std::span<const float> logits, const Sampling& sampling) {
    const auto [temperature, top_k, top_p] = sampling;
    require(std::isfinite(temperature) && temperature >= 0,
            "temperature {}; it must be 0 (the likeliest) or more", temperature);
    require(top_k >= 0, "the {} likeliest tokens; take at least 1, or 0 for all", top_k);
    require(top_p > 0 && top_p <= 1, "tokens that reach a probability of {}; it must lie in (0, 1]", top_p);
    require(
        !logits.empty() && std::ranges::all_of(logits, [](float x) { return std::isfinite(x); }),
        "logits that are not finite give no probabilities; a training with a smaller learning rate may help");

    // Likeliest first.
    std::vector<std::int32_t> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
        return logits[std::size_t(a)] > logits[std::size_t(b)];
    });
    std::vector<double> p(logits.size(), 0);
    const double largest = logits[std::size_t(order[0])];
    if (temperature == 0) {
        p[std::size_t(order[0])] = 1;
        return p;
    }

    // Softmax, the largest logit subtracted so that nothing overflows.
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] = std::exp((logits[i] - largest) / temperature);
    for (double& x : p) x /= sum;

    // Keep the likeliest: at most top_k of them, and no more than reach top_p of what top_k left.
    const std::size_t most = top_k > 0 ? std::min(order.size(), std::size_t(top_k)) : order.size();
    double left = 0, kept = 0;
    for (std::size_t i = 0; i < most; ++i) left += p[std::size_t(order[i])];
    std::size_t count = 0;
    while (count < most && (count == 0 || kept < top_p * left)) kept += p[std::size_t(order[count++])];
    for (std::size_t i = 0; i < order.size(); ++i) p[std::size_t(order[i])] *= i < count ? 1 / kept : 0;
    return p;
}
// [sampling]

std::int32_t draw(std::span<const double> probabilities, double uniform) {
    double sum = 0;
    std::int32_t last = 0;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        if (probabilities[i] <= 0) continue;
        sum += probabilities[i];
        last = std::int32_t(i);
        if (uniform < sum) return last;
    }
    return last;
}

}  // namespace kbk
