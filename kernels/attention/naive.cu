/// @file
/// attention/cuda/naive: the definition in three launches, with the whole matrix of scores.
///
/// *Change*: none, this is the first rung here. A thread computes one score; a thread makes a row of them shares; a
/// thread mixes one number of the output.
/// *Why*: it is the formula. Predicted: slow, and limited by memory: neighbouring threads read neighbouring keys, which
/// lie a row apart, and each score goes to memory and back three times.
/// *Limits*: the matrix has queries x keys numbers for each head.
/// *Next*: shared.
#include <limits>

#include "kernels/attention/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// [attention_cuda_naive]
/// scores: (batch, heads, queries, keys)
__global__ void scores_kernel(Attention p, float* scores) {
    const std::int64_t at = global_thread(), j = at % p.keys, i = at / p.keys % p.queries;
    const std::int64_t head = at / p.keys / p.queries, b = head / p.heads, h = head % p.heads;
    if (b >= p.batch) return;
    const float *q = p.q_of(b, h)[i], *k = p.k_of(b, h)[j];
    float dot = 0;
    for (std::int64_t c = 0; c < p.width; ++c) dot += q[c] * k[c];
    scores[at] = p.factor() * dot;
}

__global__ void shares_kernel(Attention p, float* scores) {
    const std::int64_t at = global_thread(), i = at % p.queries, head = at / p.queries;
    if (head >= p.batch * p.heads) return;
    float *row = scores + at * p.keys, largest = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::int64_t j = 0; j < p.seen(i); ++j) largest = fmaxf(largest, row[j]);
    for (std::int64_t j = 0; j < p.seen(i); ++j) sum += row[j] = expf(row[j] - largest);
    for (std::int64_t j = 0; j < p.seen(i); ++j) row[j] /= sum;
    if (p.log_sum) p.log_sum[at] = largest + logf(sum);
}

__global__ void mixtures_kernel(Attention p, const float* shares) {
    const std::int64_t at = global_thread(), c = at % p.width, i = at / p.width % p.queries;
    const std::int64_t head = at / p.width / p.queries, b = head / p.heads, h = head % p.heads;
    if (b >= p.batch) return;
    const auto v = p.v_of(b, h);
    float mixed = 0;
    for (std::int64_t j = 0; j < p.seen(i); ++j) mixed += shares[(head * p.queries + i) * p.keys + j] * v[j][c];
    p.out_of(b, h)[i][c] = mixed;
}
// [attention_cuda_naive]

}  // namespace

void naive(const Attention& p, Scratch& scratch) {
    const std::int64_t rows = p.batch * p.heads * p.queries;
    if (rows == 0) return;
    const Scratch::Frame frame(scratch);
    float* scores = scratch.take<float>(rows * p.keys);
    if (p.keys > 0) cuda::launch<scores_kernel>(blocks_for(rows * p.keys), block_threads, 0, p, scores);
    cuda::launch<shares_kernel>(blocks_for(rows), block_threads, 0, p, scores);
    cuda::launch<mixtures_kernel>(blocks_for(rows * p.width), block_threads, 0, p, scores);
}

}  // namespace kbk::gpu
