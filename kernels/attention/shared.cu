/// @file
/// attention/cuda/shared: a thread a query; keys and values pass through shared memory.
///
/// *Change*: 64 queries, a block, fetch 32 keys and values together. Each thread keeps its query and its mixture in
/// registers, and walks through the tile with the online softmax. The matrix is gone.
/// *Why*: a key is fetched from global memory once for 64 queries, and all threads read the same number of it at a time,
/// which shared memory delivers once. Predicted: many times faster than naive.
/// *Limits*: rows of at most 64 numbers, since registers hold two of them; for each multiply-add one read of shared
/// memory; one exponential after the other.
/// *Next*: flash.
#include <limits>

#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tiles.cuh"

namespace kbk::gpu {

namespace {

constexpr int queries = 64;

template <int width>
constexpr int shared_floats = (queries + 2 * tile_length) * (width + tile_padding);

// [attention_cuda_shared]
template <int width>
__global__ void __launch_bounds__(queries) shared_kernel(Attention p, bool fours) {
    constexpr int row = width + tile_padding;
    float* q_tile = cuda::dynamic_shared<float>();
    float *k_tile = q_tile + queries * row, *v_tile = k_tile + tile_length * row;
    const std::int64_t b = blockIdx.z, h = blockIdx.y, i0 = std::int64_t(blockIdx.x) * queries;
    const std::int64_t i = i0 + threadIdx.x, seen = i < p.queries ? p.seen(i) : 0;
    const std::int64_t last = i0 + queries < p.queries ? i0 + queries - 1 : p.queries - 1;

    float q[width], mixed[width], largest = -std::numeric_limits<float>::infinity(), sum = 0;
    fetch_rows<width>(p.q_of(b, h), i0, p.queries, p.width, fours, q_tile, queries);
    __syncthreads();
    float* own = q_tile + int(threadIdx.x) * row;
#pragma unroll
    for (int c = 0; c < width; c += 4) {
        const Floats<4> four = load<4>(own + c);
#pragma unroll
        for (int x = 0; x < 4; ++x) q[c + x] = four.value[x] * p.factor(), mixed[c + x] = 0;
    }

    for (std::int64_t j0 = 0; j0 < p.seen(last); j0 += tile_length) {
        __syncthreads();
        fetch_rows<width>(p.k_of(b, h), j0, p.keys, p.width, fours, k_tile, tile_length);
        fetch_rows<width>(p.v_of(b, h), j0, p.keys, p.width, fours, v_tile, tile_length);
        __syncthreads();
        for (int j = 0; j < tile_length && j0 + j < seen; ++j) {
            float score = 0;
#pragma unroll
            for (int c = 0; c < width; c += 4) {
                const Floats<4> k = load<4>(k_tile + j * row + c);
#pragma unroll
                for (int x = 0; x < 4; ++x) score += q[c + x] * k.value[x];
            }
            const float common = fmaxf(largest, score), rescale = expf(largest - common), share = expf(score - common);
            largest = common;
            sum = sum * rescale + share;
#pragma unroll
            for (int c = 0; c < width; c += 4) {
                const Floats<4> v = load<4>(v_tile + j * row + c);
#pragma unroll
                for (int x = 0; x < 4; ++x) mixed[c + x] = mixed[c + x] * rescale + share * v.value[x];
            }
        }
    }

    // Hand the mixtures over through shared memory, so that rows go out whole.
    const float share = seen > 0 ? 1 / sum : 0;
#pragma unroll
    for (int c = 0; c < width; c += 4)
        store(own + c, Floats<4>{{mixed[c] * share, mixed[c + 1] * share, mixed[c + 2] * share, mixed[c + 3] * share}});
    if (p.log_sum && i < p.queries) p.log_sum_of(b, h)[i] = largest + logf(sum);
    __syncthreads();
    const auto out = p.out_of(b, h);
    for (int e = int(threadIdx.x); e < queries * width; e += queries) {
        const int r = e / width, c = e % width;
        if (i0 + r < p.queries && c < p.width) out[i0 + r][c] = q_tile[r * row + c];
    }
}
// [attention_cuda_shared]

}  // namespace

void shared(const Attention& p, Scratch&) {
    if (p.batch * p.heads * p.queries == 0) return;
    const bool fours = rows_of_fours({p.q_strides, p.k_strides, p.v_strides}, p.width, {p.q, p.k, p.v});
    const dim3 grid(unsigned(divide_up(p.queries, queries)), unsigned(p.heads), unsigned(p.batch));
    if (p.width <= 32)
        cuda::launch<shared_kernel<32>>(grid, queries, sizeof(float) * shared_floats<32>, p, fours);
    else
        cuda::launch<shared_kernel<64>>(grid, queries, sizeof(float) * shared_floats<64>, p, fours);
}

}  // namespace kbk::gpu
