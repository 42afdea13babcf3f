/// @file
/// One pass of any rule over its arrays: what the rungs fused and threaded share.
#pragma once

#include <cstdint>

namespace kbk::cpu {

// [one_pass]
/// Step each parameter of some arrays that do not overlap.
/// @param rule     how a parameter changes; a copy, so that no store to the arrays can change it
/// @param count    number of parameters
/// @param weight   (count), updated
/// @param gradient (count)
/// @param state    (count) each, updated
template <class Rule, class... State>
void one_pass(const Rule rule, std::int64_t count, float* __restrict__ weight,
              const float* __restrict__ gradient, State* __restrict__... state) {
    for (std::int64_t i = 0; i < count; ++i) rule(weight[i], gradient[i], state[i]...);
}
// [one_pass]

}  // namespace kbk::cpu
