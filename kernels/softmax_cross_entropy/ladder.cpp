/// @file
/// The only list of the rungs of softmax_cross_entropy, in order.
#include "kernels/softmax_cross_entropy/rungs.hpp"

namespace kbk {

const Ladder<SoftmaxCrossEntropyRung>& softmax_cross_entropy() {
    static const Ladder<SoftmaxCrossEntropyRung> ladder(
        "softmax_cross_entropy",
        {
            {Device::cpu, "naive", cpu::naive, "the stable formula, row by row"},
            {Device::cpu, "vectorized", cpu::vectorized, "a register full of exponentials at once"},
            {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
#ifdef KBK_MINE
            {Device::cpu, "mine", cpu::mine, "yours"},
#endif
            {Device::cuda, "naive", gpu::naive, "one thread a row"},
            {Device::cuda, "warp_per_row", gpu::warp_per_row, "32 lanes share a row, with shuffles"},
            {Device::cuda, "block_per_row", gpu::block_per_row, "eight warps share a row"},
            {Device::cuda, "online", gpu::online, "maximum and sum in one pass"},
        });
    return ladder;
}

Cost cost(const SoftmaxCrossEntropy& p) {
    const double count = double(p.rows) * double(p.classes);
    return {count * (p.gradient ? 5 : 4), 4 * (count * (p.gradient ? 2 : 1) + 2 * double(p.rows))};
}

void validate(const SoftmaxCrossEntropy& p) {
    require(p.rows >= 0 && p.classes >= 1,
            "softmax_cross_entropy: ({}, {}) logits; at least 0 rows and 1 class are needed", p.rows,
            p.classes);
    require(p.rows == 0 || (p.logits && p.labels && p.loss),
            "softmax_cross_entropy: a null pointer where ({}, {}) logits are expected", p.rows, p.classes);
}

}  // namespace kbk
