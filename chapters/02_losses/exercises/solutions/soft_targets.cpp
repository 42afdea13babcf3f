#include "chapters/02_losses/exercises/soft_targets.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kbk::exercise {

double cross_entropy(std::span<const double> logits, std::span<const double> p, std::span<double> gradient) {
    const double largest = std::ranges::max(logits);
    double sum = 0;
    for (const double z : logits) sum += std::exp(z - largest);
    double loss = 0;
    for (std::size_t j = 0; j < logits.size(); ++j) {
        const double log_q = logits[j] - largest - std::log(sum);
        loss -= p[j] * log_q;
        gradient[j] = std::exp(log_q) - p[j];
    }
    return loss;
}

double divergence(std::span<const double> logits, std::span<const double> p) {
    std::vector<double> gradient(p.size());
    double result = cross_entropy(logits, p, gradient);
    for (const double v : p)
        if (v > 0) result += v * std::log(v);
    return result;
}

}  // namespace kbk::exercise
