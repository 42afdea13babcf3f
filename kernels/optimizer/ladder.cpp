/// @file
/// The only list of the rungs of sgd, adagrad, rmsprop and adam, in order.
#include "kernels/optimizer/rungs.hpp"

namespace kbk {

namespace {

// All four ladders have the same rungs; which function of the name is meant follows from the rung's type.
template <class Run>
std::vector<Rung<Run>> rungs() {
    return {
        {Device::cpu, "naive", cpu::naive, "a pass over memory for each line of the rule"},
        {Device::cpu, "fused", cpu::fused, "one pass"},
        {Device::cpu, "vectorized", cpu::vectorized, "whole vectors, written out"},
        {Device::cpu, "threaded", cpu::threaded, "the pass in pieces, on all cores"},
        {Device::cuda, "naive", gpu::naive, "a launch for each line of the rule"},
        {Device::cuda, "fused", gpu::fused, "one launch"},
        {Device::cuda, "vectorized", gpu::vectorized, "four parameters a thread and step"},
    };
}

}  // namespace

const Ladder<SgdRung>& sgd() {
    static const Ladder<SgdRung> ladder("sgd", rungs<SgdRung>());
    return ladder;
}
const Ladder<AdagradRung>& adagrad() {
    static const Ladder<AdagradRung> ladder("adagrad", rungs<AdagradRung>());
    return ladder;
}
const Ladder<RmsPropRung>& rmsprop() {
    static const Ladder<RmsPropRung> ladder("rmsprop", rungs<RmsPropRung>());
    return ladder;
}
const Ladder<AdamRung>& adam() {
    static const Ladder<AdamRung> ladder("adam", [] {
        auto all = rungs<AdamRung>();
#ifdef KBK_MINE
        all.push_back({Device::cpu, "mine", cpu::mine, "yours"});
#endif
        return all;
    }());
    return ladder;
}

Cost cost(const Sgd& p) {
    const auto n = static_cast<double>(p.count);
    return p.momentum == 0 ? Cost{4 * n, 12 * n} : Cost{(p.nesterov ? 8 : 6) * n, 20 * n};
}
Cost cost(const Adagrad& p) {
    return {9.0 * double(p.count), 20.0 * double(p.count)};
}
Cost cost(const RmsProp& p) {
    return {11.0 * double(p.count), 20.0 * double(p.count)};
}
Cost cost(const Adam& p) {
    return {16.0 * double(p.count), 28.0 * double(p.count)};
}

namespace {

void validate_arrays(const char* operation, std::int64_t count, bool pointers) {
    require(count >= 0, "{}: count is {}, it must not be negative", operation, count);
    require(count == 0 || pointers, "{}: a null pointer where {} parameters are expected", operation, count);
}

}  // namespace

void validate(const Sgd& p) {
    validate_arrays("sgd", p.count, p.weight && p.gradient && (p.velocity || p.momentum == 0));
    require(p.momentum >= 0 && p.momentum < 1, "sgd: momentum {} is outside [0, 1)", p.momentum);
    require(!p.nesterov || p.momentum > 0, "sgd: Nesterov's step needs a momentum above 0");
}

void validate(const Adagrad& p) {
    validate_arrays("adagrad", p.count, p.weight && p.gradient && p.square);
}

void validate(const RmsProp& p) {
    validate_arrays("rmsprop", p.count, p.weight && p.gradient && p.square);
    require(p.smoothing >= 0 && p.smoothing < 1, "rmsprop: smoothing {} is outside [0, 1)", p.smoothing);
}

void validate(const Adam& p) {
    validate_arrays("adam", p.count, p.weight && p.gradient && p.first && p.second);
    require(p.step >= 1, "adam: step is {}; steps count from 1", p.step);
    require(p.beta1 >= 0 && p.beta1 < 1 && p.beta2 >= 0 && p.beta2 < 1,
            "adam: decays {} and {} must lie in [0, 1)", p.beta1, p.beta2);
}

}  // namespace kbk
