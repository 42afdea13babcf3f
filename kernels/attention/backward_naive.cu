/// @file
/// attention_backward/cuda/naive: a thread a query, then a thread a key.
///
/// *Change*: none, this is the first rung here. Each thread walks through all that its query sees, or that sees its key,
/// computes the share anew, and adds to its own rows of the gradients, in global memory.
/// *Why*: it is the formula, and nobody adds to another thread's numbers. Predicted: slow: neighbouring threads read and
/// write rows that lie apart, and each row of sums goes to memory and back for each pair.
/// *Limits*: parallel in queries or keys only.
/// *Next*: flash.
#include "kernels/attention/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

__device__ __forceinline__ float dot(const float* x, const float* y, std::int64_t width) {
    float sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += x[c] * y[c];
    return sum;
}

// [attention_backward_cuda_naive]
/// One thread a query: dq, and means (batch, heads, queries): each output times its gradient.
__global__ void queries_kernel(AttentionBackward p, float* means) {
    const std::int64_t at = global_thread(), i = at % p.queries, head = at / p.queries;
    const std::int64_t b = head / p.heads, h = head % p.heads;
    if (b >= p.batch) return;
    const float *q = p.q_of(b, h)[i], *d_out = p.d_out_of(b, h)[i];
    float* dq = p.dq_of(b, h)[i];
    const float mean = means[at] = dot(p.out_of(b, h)[i], d_out, p.width);
    for (std::int64_t c = 0; c < p.width; ++c) dq[c] = 0;
    for (std::int64_t j = 0; j < p.seen(i); ++j) {
        const float* k = p.k_of(b, h)[j];
        const float share = expf(p.factor() * dot(q, k, p.width) - p.log_sum[at]);
        const float d_score = p.factor() * share * (dot(d_out, p.v_of(b, h)[j], p.width) - mean);
        for (std::int64_t c = 0; c < p.width; ++c) dq[c] += d_score * k[c];
    }
}

/// One thread a key: dk and dv.
__global__ void keys_kernel(AttentionBackward p, const float* means) {
    const std::int64_t at = global_thread(), j = at % p.keys, head = at / p.keys;
    const std::int64_t b = head / p.heads, h = head % p.heads;
    if (b >= p.batch) return;
    const float *k = p.k_of(b, h)[j], *v = p.v_of(b, h)[j];
    float *dk = p.dk_of(b, h)[j], *dv = p.dv_of(b, h)[j];
    for (std::int64_t c = 0; c < p.width; ++c) dk[c] = dv[c] = 0;
    for (std::int64_t i = 0; i < p.queries; ++i) {
        if (j >= p.seen(i)) continue;
        const float *q = p.q_of(b, h)[i], *d_out = p.d_out_of(b, h)[i];
        const float share = expf(p.factor() * dot(q, k, p.width) - p.log_sum_of(b, h)[i]);
        const float d_score = p.factor() * share * (dot(d_out, v, p.width) - means[head * p.queries + i]);
        for (std::int64_t c = 0; c < p.width; ++c) {
            dk[c] += d_score * q[c];
            dv[c] += share * d_out[c];
        }
    }
}
// [attention_backward_cuda_naive]

}  // namespace

void naive(const AttentionBackward& p, Scratch& scratch) {
    const std::int64_t heads = p.batch * p.heads, queries = heads * p.queries, keys = heads * p.keys;
    const Scratch::Frame frame(scratch);
    float* means = scratch.take<float>(queries);
    if (queries > 0) cuda::launch<queries_kernel>(blocks_for(queries), block_threads, 0, p, means);
    if (keys > 0) cuda::launch<keys_kernel>(blocks_for(keys), block_threads, 0, p, means);
}

}  // namespace kbk::gpu
