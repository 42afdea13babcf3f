/// @file
/// activation_backward/cpu/naive: one loop over the elements.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the chain rule, an element at a time. Predicted: limited by memory where the derivative is a
/// choice or a product (relu, sigmoid and tanh from their values), by the C library where it needs the
/// exponential again. *Limits*: one thread. *Next*: vectorized.
#include "kernels/activation/constant_kind.hpp"
#include "kernels/activation/rungs.hpp"

namespace kbk::cpu {

// [activation_backward_naive]
void naive(const ActivationBackward& p, Scratch&) {
    const float* v = p.kept();
    with_constant(p.kind, [&](auto kind) {
        for (std::int64_t i = 0; i < p.count; ++i) p.dx[i] = activation_derivative(kind(), v[i]) * p.dy[i];
    });
}
// [activation_backward_naive]

}  // namespace kbk::cpu
