/// @file
/// The only list of the rungs of sgd and adam, in order.
#include "kernels/optimizer/rungs.hpp"

namespace kbk {

const Ladder<SgdRung>& sgd() {
    static const Ladder<SgdRung> ladder(
        "sgd", {
                   {Device::cpu, "naive", cpu::naive, "a pass over memory for each line of the rule"},
                   {Device::cpu, "fused", cpu::fused, "one pass"},
                   {Device::cpu, "threaded", cpu::threaded, "the pass in pieces, on all cores"},
#ifdef KBK_MINE
                   {Device::cpu, "mine", cpu::mine, "yours"},
#endif
               });
    return ladder;
}

const Ladder<AdamRung>& adam() {
    static const Ladder<AdamRung> ladder(
        "adam", {
                    {Device::cpu, "naive", cpu::naive, "a pass over memory for each line of the rule"},
                    {Device::cpu, "fused", cpu::fused, "one pass"},
                    {Device::cpu, "threaded", cpu::threaded, "the pass in pieces, on all cores"},
                });
    return ladder;
}

Cost cost(const Sgd& p) {
    return {6.0 * double(p.count), 20.0 * double(p.count)};
}
Cost cost(const Adam& p) {
    return {16.0 * double(p.count), 28.0 * double(p.count)};
}

void validate(const Sgd& p) {
    require(p.count >= 0, "sgd: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.weight && p.gradient && p.velocity),
            "sgd: a null pointer where {} parameters are expected", p.count);
    require(p.momentum >= 0 && p.momentum < 1, "sgd: momentum {} is outside [0, 1)", p.momentum);
}

void validate(const Adam& p) {
    require(p.count >= 0, "adam: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.weight && p.gradient && p.first && p.second),
            "adam: a null pointer where {} parameters are expected", p.count);
    require(p.step >= 1, "adam: step is {}; steps count from 1", p.step);
    require(p.beta1 >= 0 && p.beta1 < 1 && p.beta2 >= 0 && p.beta2 < 1,
            "adam: decays {} and {} must lie in [0, 1)", p.beta1, p.beta2);
}

}  // namespace kbk
