/// @file
/// batch_norm/cuda/naive, with inference and gradients: one thread a channel, and for inference one a value.
///
/// *Change*: none, this is the first rung here. It is the CPU's naive rung, whose loop over the channels is gone.
/// *Why*: it is the formula. Predicted: slow, with as many threads as channels, and neighbouring threads that read
/// values a whole image apart: of each sector an eighth is used.
/// *Limits*: parallel in the channels only. Inference has nothing to add up, so one thread a value is the end there.
/// *Next*: block_per_channel.
#include "kernels/batch_norm/channel.cuh"
#include "kernels/batch_norm/rungs.hpp"

namespace kbk::gpu {

namespace {

// Small blocks: channels are few, and each block should find a multiprocessor of its own.
constexpr int threads = 32;

// [batch_norm_cuda_naive]
__global__ void naive_kernel(BatchNorm p) {
    const std::int64_t channel = global_thread(), m = p.batch * p.pixels;
    if (channel >= p.channels) return;
    float sum = 0, squares = 0;
    for (std::int64_t i = 0; i < m; ++i) sum += p.x[place(p, channel, i)];
    const float mean = sum / float(m);
    for (std::int64_t i = 0; i < m; ++i) {
        const float from_mean = p.x[place(p, channel, i)] - mean;
        squares += from_mean * from_mean;
    }
    const float inverse = 1 / sqrtf(squares / float(m) + p.epsilon);
    for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t at = place(p, channel, i);
        p.y[at] = p.scale[channel] * inverse * (p.x[at] - mean) + p.shift[channel];
    }
    keep(p, channel, mean, inverse, squares);
}
// [batch_norm_cuda_naive]

__global__ void backward_naive_kernel(BatchNormBackward p) {
    const std::int64_t channel = global_thread(), m = p.batch * p.pixels;
    if (channel >= p.channels) return;
    const float mean = p.mean[channel], inverse = p.inverse_deviation[channel];
    float shift = 0, scale = 0;
    for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t at = place(p, channel, i);
        shift += p.dy[at];
        scale += p.dy[at] * (p.x[at] - mean) * inverse;
    }
    for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t at = place(p, channel, i);
        p.dx[at] = p.scale[channel] * inverse *
                   (p.dy[at] - shift / float(m) - (p.x[at] - mean) * inverse * (scale / float(m)));
    }
    keep(p, channel, scale, shift);
}

// [batch_norm_inference_cuda_naive]
struct Inference {
    BatchNormInference p;

    template <int width>
    __device__ __forceinline__ void step(std::int64_t i) const {
        const std::int64_t channel = i / p.pixels % p.channels;
        const float scale = p.scale[channel] / sqrtf(p.variance[channel] + p.epsilon);
        p.y[i] = scale * (p.x[i] - p.mean[channel]) + p.shift[channel];
    }
};
// [batch_norm_inference_cuda_naive]

}  // namespace

void naive(const BatchNorm& p, Scratch&) {
    if (p.channels > 0) cuda::launch<naive_kernel>(unsigned(divide_up(p.channels, threads)), threads, 0, p);
}

void naive(const BatchNormInference& p, Scratch&) {
    for_each_single(Inference{p}, p.batch * p.channels * p.pixels);
}

void naive(const BatchNormBackward& p, Scratch&) {
    if (p.channels > 0)
        cuda::launch<backward_naive_kernel>(unsigned(divide_up(p.channels, threads)), threads, 0, p);
}

}  // namespace kbk::gpu
