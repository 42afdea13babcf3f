/// @file
/// The only list of the rungs of softmax and softmax_backward, in order.
#include "kernels/activation/destination.hpp"
#include "kernels/softmax/rungs.hpp"

namespace kbk {

namespace {

// Why stores past the caches would lose. The reasons are short, since std::string keeps up to 15 characters without an
// allocation, and a training step asks for each layer.
std::string refuse_forward(const Softmax& p) {
    const std::int64_t bytes = 4 * p.rows * p.columns;
    if (cpu::kept_in_cache(bytes, bytes) == bytes) return "a small matrix";  // a cache may keep it for the next layer
    if (p.columns > cpu::streamed_columns) return "long rows";
    return p.y && p.y == p.x ? "in place" : "";  // what is overwritten was read anyway
}

std::string refuse_backward(const SoftmaxBackward& p) {
    const std::int64_t bytes = 4 * p.rows * p.columns;
    if (cpu::kept_in_cache(2 * bytes, bytes) == bytes) return "a small matrix";
    return p.dx && (p.dx == p.dy || p.dx == p.y) ? "in place" : "";
}

}  // namespace

const Ladder<SoftmaxRung>& softmax() {
    static const Ladder<SoftmaxRung> ladder(
        "softmax",
        {
            {Device::cpu, "naive", cpu::naive, "the definition, which overflows"},
            {Device::cpu, "stable", cpu::stable, "three passes: maximum, exponentials, division"},
            {Device::cpu, "online", cpu::online, "maximum and sum in one pass"},
            {Device::cpu, "vectorized", cpu::vectorized, "a register full of exponentials at once"},
            {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
            {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_forward},
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

const Ladder<SoftmaxBackwardRung>& softmax_backward() {
    static const Ladder<SoftmaxBackwardRung> ladder(
        "softmax_backward",
        {
            {Device::cpu, "naive", cpu::naive, "the whole Jacobian matrix"},
            {Device::cpu, "rowwise", cpu::rowwise, "one dot product a row"},
            {Device::cpu, "vectorized", cpu::vectorized, "a register full of running sums"},
            {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
            {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_backward},
            {Device::cuda, "naive", gpu::naive, "one thread a row"},
            {Device::cuda, "warp_per_row", gpu::warp_per_row, "32 lanes share a row, with shuffles"},
        });
    return ladder;
}

Cost cost(const Softmax& p) {
    const double count = double(p.rows) * double(p.columns);
    return {5 * count, 8 * count};
}

Cost cost(const SoftmaxBackward& p) {
    const double count = double(p.rows) * double(p.columns);
    return {4 * count, 12 * count};
}

namespace {

void validate_sizes(const char* operation, std::int64_t rows, std::int64_t columns, bool pointers) {
    require(rows >= 0 && columns >= 0, "{}: sizes ({}, {}) must not be negative", operation, rows, columns);
    require(rows * columns == 0 || pointers, "{}: a null pointer where ({}, {}) elements are expected",
            operation, rows, columns);
}

}  // namespace

void validate(const Softmax& p) {
    validate_sizes("softmax", p.rows, p.columns, p.x && p.y);
}
void validate(const SoftmaxBackward& p) {
    validate_sizes("softmax_backward", p.rows, p.columns, p.y && p.dy && p.dx);
}

}  // namespace kbk
