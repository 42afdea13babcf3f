#include "chapters/07_mlp/exercises/softmax.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

void softmax(std::span<const double> logits, std::span<double> probabilities) {
    // Your turn. The definition alone overflows beyond a logit of 709: what may be subtracted from all logits
    // without changing the result?
    (void)logits;
    std::ranges::fill(probabilities, 0.0);
}

}  // namespace kbk::exercise
