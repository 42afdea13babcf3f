/// @file
/// sgd, adagrad, rmsprop, adam/cuda/naive: one launch for each line of the rule.
///
/// *Change*: none, this is the first rung: the way that array languages compute it.
/// *Why*: it is each rule as it stands in the book. Every access is coalesced, four sectors a request, all of them
/// used, and still the rung is slow: nine passes over arrays for momentum, of which the rule needs five; fourteen for
/// Adam, which needs seven. Predicted: limited by memory, in proportion.
/// *Limits*: what stands between two lines needs an array of its own; a small layer waits for up to six launches.
/// *Next*: fused.
#include <cmath>

#include "kernels/elementwise.cuh"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::gpu {

namespace {

// [optimizer_cuda_lines]
// One line of a rule each, over arrays of `count` elements.
__global__ void decay(std::int64_t count, float* decayed, const float* gradient, float rate, const float* weight) {
    const std::int64_t i = global_thread();
    if (i < count) decayed[i] = gradient[i] + rate * weight[i];
}
__global__ void scale(std::int64_t count, float* scaled, float factor, const float* x) {
    const std::int64_t i = global_thread();
    if (i < count) scaled[i] = factor * x[i];
}
__global__ void shrink(std::int64_t count, float* weight, float rate) {
    const std::int64_t i = global_thread();
    if (i < count) weight[i] -= rate * weight[i];
}
__global__ void accelerate(std::int64_t count, float* velocity, float momentum, const float* gradient) {
    const std::int64_t i = global_thread();
    if (i < count) velocity[i] = momentum * velocity[i] + gradient[i];
}
__global__ void add_square(std::int64_t count, float* sum, const float* gradient) {
    const std::int64_t i = global_thread();
    if (i < count) sum[i] += gradient[i] * gradient[i];
}
__global__ void average(std::int64_t count, float* mean, float keep, const float* gradient) {
    const std::int64_t i = global_thread();
    if (i < count) mean[i] = keep * mean[i] + (1 - keep) * gradient[i];
}
__global__ void average_square(std::int64_t count, float* mean, float keep, const float* gradient) {
    const std::int64_t i = global_thread();
    if (i < count) mean[i] = keep * mean[i] + (1 - keep) * gradient[i] * gradient[i];
}
__global__ void descend(std::int64_t count, float* weight, float rate, const float* direction) {
    const std::int64_t i = global_thread();
    if (i < count) weight[i] -= rate * direction[i];
}
__global__ void look_ahead(std::int64_t count, float* weight, float rate, const float* gradient, float momentum,
                           const float* velocity) {
    const std::int64_t i = global_thread();
    if (i < count) weight[i] -= rate * (gradient[i] + momentum * velocity[i]);
}
__global__ void descend_normed(std::int64_t count, float* weight, float rate, const float* direction,
                               const float* square, float epsilon) {
    const std::int64_t i = global_thread();
    if (i < count) weight[i] -= rate * direction[i] / (std::sqrt(square[i]) + epsilon);
}
// [optimizer_cuda_lines]

// [optimizer_cuda_naive]
/// Launch a line, one thread an element.
template <auto line, class... Arguments>
void over(std::int64_t count, Arguments... arguments) {
    cuda::launch<line>(blocks_for(count), block_threads, 0, count, arguments...);
}

/// @return the gradient with its decay, in borrowed memory
template <class Problem>
float* decayed(const Problem& p, Scratch& scratch) {
    float* gradient = scratch.take<float>(p.count);
    over<decay>(p.count, gradient, p.gradient, p.weight_decay, p.weight);
    return gradient;
}

}  // namespace

void naive(const Sgd& p, Scratch& scratch) {
    if (p.count == 0) return;
    const Scratch::Frame frame(scratch);
    const float* gradient = decayed(p, scratch);
    if (p.momentum == 0) return over<descend>(p.count, p.weight, p.learning_rate, gradient);
    over<accelerate>(p.count, p.velocity, p.momentum, gradient);
    if (p.nesterov) return over<look_ahead>(p.count, p.weight, p.learning_rate, gradient, p.momentum, p.velocity);
    over<descend>(p.count, p.weight, p.learning_rate, p.velocity);
}

void naive(const Adagrad& p, Scratch& scratch) {
    if (p.count == 0) return;
    const Scratch::Frame frame(scratch);
    const float* gradient = decayed(p, scratch);
    over<add_square>(p.count, p.square, gradient);
    over<descend_normed>(p.count, p.weight, p.learning_rate, gradient, p.square, p.epsilon);
}

void naive(const RmsProp& p, Scratch& scratch) {
    if (p.count == 0) return;
    const Scratch::Frame frame(scratch);
    const float* gradient = decayed(p, scratch);
    over<average_square>(p.count, p.square, p.smoothing, gradient);
    over<descend_normed>(p.count, p.weight, p.learning_rate, gradient, p.square, p.epsilon);
}

void naive(const Adam& p, Scratch& scratch) {
    if (p.count == 0) return;
    const Scratch::Frame frame(scratch);
    float *mean = scratch.take<float>(p.count), *square = scratch.take<float>(p.count);

    // The decay joins the gradient, or shrinks the weights beside it.
    const float* gradient = p.decoupled ? p.gradient : decayed(p, scratch);
    if (p.decoupled && p.weight_decay != 0) over<shrink>(p.count, p.weight, p.learning_rate * p.weight_decay);

    const auto t = static_cast<double>(p.step);
    over<average>(p.count, p.first, p.beta1, gradient);
    over<average_square>(p.count, p.second, p.beta2, gradient);
    over<scale>(p.count, mean, float(1 / (1 - std::pow(double(p.beta1), t))), p.first);
    over<scale>(p.count, square, float(1 / (1 - std::pow(double(p.beta2), t))), p.second);
    over<descend_normed>(p.count, p.weight, p.learning_rate, mean, square, p.epsilon);
}
// [optimizer_cuda_naive]

}  // namespace kbk::gpu
