/// @file
/// The only list of the rungs of bias and bias_gradient, in order.
#include "kernels/bias/rungs.hpp"

namespace kbk {

const Ladder<BiasRung>& bias() {
    static const Ladder<BiasRung> ladder(
        "bias", {
                    {Device::cpu, "naive", cpu::naive, "two loops"},
                    {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
                    {Device::cuda, "naive", gpu::naive, "one thread an element"},
                    {Device::cuda, "vectorized", gpu::vectorized, "the bias in registers, four columns a thread"},
                });
    return ladder;
}

const Ladder<BiasGradientRung>& bias_gradient() {
    static const Ladder<BiasGradientRung> ladder(
        "bias_gradient", {
                             {Device::cpu, "naive", cpu::naive, "column after column"},
                             {Device::cpu, "rowwise", cpu::rowwise, "row after row: memory in its own order"},
                             {Device::cpu, "threaded", cpu::threaded, "blocks of rows, each with sums of its own"},
#ifdef KBK_MINE
                             {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                             {Device::cuda, "naive", gpu::naive, "one thread a column"},
                             {Device::cuda, "tiled", gpu::tiled, "a block of warps for 32 columns"},
                             {Device::cuda, "two_stage", gpu::two_stage, "strips of rows first, then the strips"},
                         });
    return ladder;
}

Cost cost(const Bias& p) {
    const double count = double(p.rows) * double(p.columns);
    return {count, 4 * (2 * count + double(p.columns))};
}

Cost cost(const BiasGradient& p) {
    const double count = double(p.rows) * double(p.columns);
    return {count, 4 * (count + (p.beta == 0 ? 1 : 2) * double(p.columns))};
}

namespace {

void validate_sizes(const char* operation, std::int64_t rows, std::int64_t columns, bool pointers) {
    require(rows >= 0 && columns >= 0, "{}: sizes ({}, {}) must not be negative", operation, rows, columns);
    require(rows * columns == 0 || pointers, "{}: a null pointer where ({}, {}) elements are expected",
            operation, rows, columns);
}

}  // namespace

void validate(const Bias& p) {
    validate_sizes("bias", p.rows, p.columns, p.y && p.bias);
}
void validate(const BiasGradient& p) {
    validate_sizes("bias_gradient", p.rows, p.columns, p.dy && p.gradient);
    // Without rows the sums are zeros, which need a place too.
    require(p.columns == 0 || p.gradient, "bias_gradient: a null pointer where {} sums are expected",
            p.columns);
}

}  // namespace kbk
