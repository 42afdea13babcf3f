/// @file
/// The only list of the rungs of residual, in order.
#include "kernels/activation/destination.hpp"
#include "kernels/residual/rungs.hpp"

namespace kbk {

namespace {

// Why stores past the caches would lose. The reasons are short, since std::string keeps up to 15 characters without an
// allocation, and a training step asks for each layer.
std::string refuse_streaming(const Residual& p) {
    if (cpu::kept_in_cache(8 * p.count, 4 * p.count) == 4 * p.count) return "a small array";  // for the next layer
    return p.y && (p.y == p.a || p.y == p.b) ? "in place" : "";  // what is overwritten was read anyway
}

}  // namespace

const Ladder<ResidualRung>& residual() {
    static const Ladder<ResidualRung> ladder(
        "residual", {
                        {Device::cpu, "naive", cpu::naive, "one loop"},
                        {Device::cpu, "threaded", cpu::threaded, "the arrays in pieces, on all cores"},
                        {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_streaming},
#ifdef KBK_MINE
                        {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                        {Device::cuda, "naive", gpu::naive, "one thread an element"},
                        {Device::cuda, "vectorized", gpu::vectorized, "four elements a thread and step"},
                    });
    return ladder;
}

Cost cost(const Residual& p) {
    return {double(p.count), 12.0 * double(p.count)};
}

void validate(const Residual& p) {
    require(p.count >= 0, "residual: count is {}, it must not be negative", p.count);
    require(p.count == 0 || (p.a && p.b && p.y), "residual: a null pointer where {} elements are expected", p.count);
}

}  // namespace kbk
