/// @file
/// sgd, adagrad, rmsprop, adam/cpu/vectorized: the fused pass in whole vectors, written out.
///
/// *Change*: the rule is called with vectors of eight or sixteen parameters in place of single ones.
/// *Why*: one instruction takes eight square roots. The compiler vectorises the fused loop by itself, as long
/// as -fno-math-errno lets it and it can prove that the arrays do not overlap; here nothing has to be proved.
/// Predicted: no gain over fused.
/// *Limits*: one thread; the last, partial vector is stepped one by one.
/// *Next*: threaded.
#include <tuple>
#include <xsimd/xsimd.hpp>

#include "kernels/optimizer/one_pass.hpp"
#include "kernels/optimizer/optimizer_math.hpp"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

namespace {

// [optimizer_vectorized]
template <class Rule, class... State>
void in_vectors(const Rule rule, std::int64_t count, float* weight, const float* gradient, State*... state) {
    using Vector = xsimd::batch<float>;
    constexpr auto lanes = static_cast<std::int64_t>(Vector::size);
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        Vector w = Vector::load_unaligned(weight + i);
        std::tuple states{Vector::load_unaligned(state + i)...};
        std::apply([&](auto&... s) { rule(w, Vector::load_unaligned(gradient + i), s...); }, states);
        w.store_unaligned(weight + i);
        std::apply([&](auto&... s) { (s.store_unaligned(state + i), ...); }, states);
    }
    one_pass(rule, count - i, weight + i, gradient + i, (state + i)...);
}
// [optimizer_vectorized]

template <class Problem>
void vectorize(const Problem& p) {
    with_rule<float>(
        p, [&](auto rule, auto*... state) { in_vectors(rule, p.count, p.weight, p.gradient, state...); });
}

}  // namespace

void vectorized(const Sgd& p, Scratch&) {
    vectorize(p);
}
void vectorized(const Adagrad& p, Scratch&) {
    vectorize(p);
}
void vectorized(const RmsProp& p, Scratch&) {
    vectorize(p);
}
void vectorized(const Adam& p, Scratch&) {
    vectorize(p);
}

}  // namespace kbk::cpu
