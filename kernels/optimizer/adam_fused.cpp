/// @file
/// adam/cpu/fused: the whole rule in one pass.
///
/// *Change*: six loops become one, and the arrays between them go away; what all parameters share is
/// computed once.
/// *Why*: seven array passes in place of fifteen. Predicted: about twice as fast where the arrays do not
/// fit a cache; in cache, the square root and the division are what is left.
/// *Limits*: one thread.
/// *Next*: threaded.
#include "kernels/optimizer/optimizer_math.hpp"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [adam_fused]
void fused(const Adam& p, Scratch&) {
    const Adam rates = p;  // local copies: stores to the arrays cannot change them, so they stay in registers
    const auto step = adam_step<float>(p);
    for (std::int64_t i = 0; i < rates.count; ++i)
        adam_update(rates, step, rates.weight[i], rates.gradient[i], rates.first[i], rates.second[i]);
}
// [adam_fused]

}  // namespace kbk::cpu
