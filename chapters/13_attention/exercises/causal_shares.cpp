#include "chapters/13_attention/exercises/causal_shares.hpp"

namespace kbk::exercise {

void causal_shares(std::span<double> scores, std::int64_t queries, std::int64_t keys) {
    // Your turn. How many keys does query i see? What it does not see must count neither in the largest nor
    // in the sum.
    (void)scores, (void)queries, (void)keys;
}

}  // namespace kbk::exercise
