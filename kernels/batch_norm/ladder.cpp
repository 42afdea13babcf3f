/// @file
/// The only list of the rungs of batch_norm, batch_norm_inference and batch_norm_backward, in order.
#include "kernels/batch_norm/rungs.hpp"

namespace kbk {

const Ladder<BatchNormRung>& batch_norm() {
    static const Ladder<BatchNormRung> ladder("batch_norm", {
        {Device::cpu, "naive", cpu::naive, "a pass for the mean, one for the variance, one for the result"},
        {Device::cpu, "one_pass", cpu::one_pass, "mean and variance from one reading"},
        {Device::cpu, "threaded", cpu::threaded, "channels on all cores, sums side by side"},
#ifdef KBK_MINE
        {Device::cpu, "mine", cpu::mine, "yours"},
#endif
        {Device::cuda, "naive", gpu::naive, "one thread a channel"},
        {Device::cuda, "block_per_channel", gpu::block_per_channel, "sixteen warps share a channel"},
    });
    return ladder;
}

const Ladder<BatchNormInferenceRung>& batch_norm_inference() {
    static const Ladder<BatchNormInferenceRung> ladder("batch_norm_inference", {
        {Device::cpu, "naive", cpu::naive, "channel after channel"},
        {Device::cpu, "threaded", cpu::threaded, "channels on all cores"},
        {Device::cuda, "naive", gpu::naive, "one thread a value"},
    });
    return ladder;
}

const Ladder<BatchNormBackwardRung>& batch_norm_backward() {
    static const Ladder<BatchNormBackwardRung> ladder("batch_norm_backward", {
        {Device::cpu, "naive", cpu::naive, "two sums for each channel, then the result"},
        {Device::cpu, "threaded", cpu::threaded, "channels on all cores, sums side by side"},
        {Device::cuda, "naive", gpu::naive, "one thread a channel"},
        {Device::cuda, "block_per_channel", gpu::block_per_channel, "sixteen warps share a channel"},
    });
    return ladder;
}

namespace {

template <class Problem>
double values(const Problem& p) {
    return double(p.batch) * double(p.channels) * double(p.pixels);
}

template <class Problem>
void validate_sizes(const Problem& p, const char* name, bool tensors, bool per_channel) {
    require(p.batch >= 0 && p.channels >= 0 && p.pixels >= 0, "{}: sizes ({}, {}, {}) must not be negative", name,
            p.batch, p.channels, p.pixels);
    require((values(p) == 0 || tensors) && (p.channels == 0 || per_channel),
            "{}: a null pointer where ({}, {}, {}) elements are expected", name, p.batch, p.channels, p.pixels);
}

}  // namespace

Cost cost(const BatchNorm& p) {
    return {7 * values(p), 8 * values(p)};
}
Cost cost(const BatchNormInference& p) {
    return {2 * values(p), 8 * values(p)};
}
Cost cost(const BatchNormBackward& p) {
    return {10 * values(p), 12 * values(p)};
}

void validate(const BatchNorm& p) {
    validate_sizes(p, "batch_norm", p.x && p.y, p.scale && p.shift && p.mean && p.inverse_deviation);
    require(p.channels == 0 || p.batch * p.pixels > 0,
            "batch_norm: no values, of shape ({}, {}, {}), have no mean; at least one a channel is needed", p.batch,
            p.channels, p.pixels);
}
void validate(const BatchNormInference& p) {
    validate_sizes(p, "batch_norm_inference", p.x && p.y, p.scale && p.shift && p.mean && p.variance);
}
void validate(const BatchNormBackward& p) {
    validate_sizes(p, "batch_norm_backward", p.x && p.dy && p.dx,
                   p.scale && p.mean && p.inverse_deviation && p.dscale && p.dshift);
}

}  // namespace kbk
