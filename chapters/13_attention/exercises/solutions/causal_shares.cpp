#include "chapters/13_attention/exercises/causal_shares.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

void causal_shares(std::span<double> scores, std::int64_t queries, std::int64_t keys) {
    for (std::int64_t i = 0; i < queries; ++i) {
        double* row = scores.data() + i * keys;
        double* seen = row + std::clamp<std::int64_t>(i + 1 + keys - queries, 0, keys);
        std::fill(seen, row + keys, 0.0);
        if (seen == row) continue;
        const double largest = *std::max_element(row, seen);
        double sum = 0;
        for (double* s = row; s < seen; ++s) sum += * s = std::exp(*s - largest);
        for (double* s = row; s < seen; ++s) *s /= sum;
    }
}

}  // namespace kbk::exercise
