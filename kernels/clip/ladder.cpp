/// @file
/// The only list of the rungs of square_sums and rescale, in order.
#include "kernels/clip/rungs.hpp"

namespace kbk {

const Ladder<SquareSumsRung>& square_sums() {
    static const Ladder<SquareSumsRung> ladder(
        "square_sums", {
                           {Device::cpu, "naive", cpu::naive, "one running sum"},
                           {Device::cpu, "threaded", cpu::threaded, "sums side by side, blocks on all cores"},
#ifdef KBK_MINE
                           {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                           {Device::cuda, "naive", gpu::naive, "one thread a sum"},
                           {Device::cuda, "block_per_sum", gpu::block_per_sum, "eight warps a sum"},
                       });
    return ladder;
}

const Ladder<RescaleRung>& rescale() {
    static const Ladder<RescaleRung> ladder(
        "rescale", {
                     {Device::cpu, "naive", cpu::naive, "one loop"},
                     {Device::cpu, "threaded", cpu::threaded, "the array in pieces, on all cores"},
                     {Device::cuda, "naive", gpu::naive, "one thread an element"},
                     {Device::cuda, "vectorized", gpu::vectorized, "four elements a thread and step"},
                 });
    return ladder;
}

Cost cost(const SquareSums& p) {
    return {2 * double(p.count), 4 * (double(p.count) + double(p.blocks(p.count)))};
}
Cost cost(const Rescale& p) {
    return {double(p.count), 8 * double(p.count)};
}

namespace {

void validate_count(const char* operation, std::int64_t count, bool pointers) {
    require(count >= 0, "{}: count is {}, it must not be negative", operation, count);
    require(count == 0 || pointers, "{}: a null pointer where {} elements are expected", operation, count);
}

}  // namespace

void validate(const SquareSums& p) {
    validate_count("square_sums", p.count, p.x && p.sums);
}
void validate(const Rescale& p) {
    validate_count("rescale", p.count, p.x);
}

}  // namespace kbk
