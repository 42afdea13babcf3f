/// @file
/// The only list of the rungs of activation and activation_backward, in order.
#include "kernels/activation/rungs.hpp"

namespace kbk {

const Ladder<ActivationRung>& activation() {
    static const Ladder<ActivationRung> ladder(
        "activation", {
                          {Device::cpu, "naive", cpu::naive, "one loop"},
                          {Device::cpu, "threaded", cpu::threaded, "the loop in pieces, on all cores"},
#ifdef KBK_MINE
                          {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                      });
    return ladder;
}

const Ladder<ActivationBackwardRung>& activation_backward() {
    static const Ladder<ActivationBackwardRung> ladder(
        "activation_backward",
        {
            {Device::cpu, "naive", cpu::naive, "one loop"},
            {Device::cpu, "threaded", cpu::threaded, "the loop in pieces, on all cores"},
        });
    return ladder;
}

Cost cost(const ActivationForward& p) {
    return {double(p.count), 8.0 * double(p.count)};
}
Cost cost(const ActivationBackward& p) {
    return {double(p.count), 12.0 * double(p.count)};
}

void validate(const ActivationForward& p) {
    require(p.count >= 0, "activation: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.x && p.y), "activation: a null pointer where {} elements are expected",
            p.count);
}

void validate(const ActivationBackward& p) {
    require(p.count >= 0, "activation_backward: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.y && p.dy && p.dx),
            "activation_backward: a null pointer where {} elements are expected", p.count);
}

}  // namespace kbk
