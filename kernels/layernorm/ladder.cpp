/// @file
/// The only list of the rungs of layernorm and layernorm_backward, in order.
#include "kernels/activation/destination.hpp"
#include "kernels/layernorm/rungs.hpp"

namespace kbk {

namespace {

// Why stores past the caches would lose. The reasons are short, since std::string keeps up to 15 characters without an
// allocation, and a training step asks for each layer.
std::string refuse_streaming(std::int64_t others, std::int64_t count, bool in_place) {
    const std::int64_t bytes = 4 * count;
    if (cpu::kept_in_cache(others * bytes, bytes) == bytes) return "a small matrix";  // a cache keeps it for the next layer
    return in_place ? "in place" : "";                                                // what is overwritten was read anyway
}

std::string refuse_forward(const LayerNormForward& p) {
    return refuse_streaming(p.branch ? 3 : 1, p.rows * p.columns, p.y && (p.y == p.x || p.y == p.sum || p.y == p.branch));
}

// Rows that fill a block's threads, and fit its registers.
std::string refuse_block_per_row(const LayerNormForward& p) {
    if (p.columns < 1024) return "short rows";
    if (p.columns > 8192) return "long rows";
    return p.columns % 4 ? "not by fours" : "";
}

std::string refuse_backward(const LayerNormBackward& p) {
    return refuse_streaming(p.residual ? 3 : 2, p.rows * p.columns, p.dx && (p.dx == p.dy || p.dx == p.x || p.dx == p.residual));
}

}  // namespace

const Ladder<LayerNormRung>& layernorm() {
    static const Ladder<LayerNormRung> ladder(
        "layernorm", {
                         {Device::cpu, "naive", cpu::naive, "three loops: mean, variance, result"},
                         {Device::cpu, "welford", cpu::welford, "mean and variance from one reading"},
                         {Device::cpu, "vectorized", cpu::vectorized, "sums side by side, the branch on the way"},
                         {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
                         {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_forward},
#ifdef KBK_MINE
                         {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                         {Device::cuda, "naive", gpu::naive, "one thread a row"},
                         {Device::cuda, "warp_per_row", gpu::warp_per_row, "32 lanes share a row, with shuffles"},
                         {Device::cuda, "block_per_row", gpu::block_per_row, "eight warps keep a row in registers",
                          refuse_block_per_row},
                     });
    return ladder;
}

const Ladder<LayerNormBackwardRung>& layernorm_backward() {
    static const Ladder<LayerNormBackwardRung> ladder(
        "layernorm_backward",
        {
            {Device::cpu, "naive", cpu::naive, "the gradients one after the other"},
            {Device::cpu, "fused", cpu::fused, "everything from one reading of a row"},
            {Device::cpu, "vectorized", cpu::vectorized, "sums side by side"},
            {Device::cpu, "threaded", cpu::threaded, "blocks of rows, each with sums of its own"},
            {Device::cpu, "streamed", cpu::streamed, "stores that go past the caches", refuse_backward},
            {Device::cuda, "naive", gpu::naive, "a thread a column, then a thread a row"},
            {Device::cuda, "warp_per_row", gpu::warp_per_row, "a warp a row, strips of rows for the columns"},
        });
    return ladder;
}

Cost cost(const LayerNormForward& p) {
    const double count = double(p.rows) * double(p.columns);
    return p.branch ? Cost{9 * count, 16 * count} : Cost{8 * count, 8 * count};
}

Cost cost(const LayerNormBackward& p) {
    const double count = double(p.rows) * double(p.columns);
    return p.residual ? Cost{15 * count, 16 * count} : Cost{14 * count, 12 * count};
}

namespace {

void validate_sizes(const char* operation, std::int64_t rows, std::int64_t columns, bool matrices, bool parameters) {
    require(rows >= 0 && columns >= 0, "{}: sizes ({}, {}) must not be negative", operation, rows, columns);
    require((rows * columns == 0 || matrices) && (columns == 0 || parameters),
            "{}: a null pointer where ({}, {}) elements are expected", operation, rows, columns);
}

}  // namespace

void validate(const LayerNormForward& p) {
    validate_sizes("layernorm", p.rows, p.columns, p.x && p.y, p.gamma && p.beta);
    require(p.columns > 0 || p.rows == 0, "layernorm: {} rows of no columns have no mean; at least one is needed", p.rows);
    require(!p.branch || p.sum, "layernorm: a branch is added, but there is no place for the sum, which backward needs");
}

void validate(const LayerNormBackward& p) {
    validate_sizes("layernorm_backward", p.rows, p.columns, p.x && p.mean && p.rstd && p.dy && p.dx,
                   p.gamma && p.d_gamma && p.d_beta);
}

}  // namespace kbk
