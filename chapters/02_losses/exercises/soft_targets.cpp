#include "chapters/02_losses/exercises/soft_targets.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

double cross_entropy(std::span<const double> logits, std::span<const double> p, std::span<double> gradient) {
    // Your turn. log q_j is a logit less the log-sum-exp of all. The gradient is as simple as with one true
    // class.
    (void)logits, (void)p;
    std::ranges::fill(gradient, 0.0);
    return 0;
}

double divergence(std::span<const double> logits, std::span<const double> p) {
    // 0 log 0 counts 0.
    (void)logits, (void)p;
    return -1;
}

}  // namespace kbk::exercise
