/// @file
/// attention/cuda/flash: a warp works on 16 queries and 32 keys at a time, and softmax goes by shuffles.
///
/// *Change*: the lanes of a warp share its queries: each computes 4 x 4 scores, and 4 rows of the mixture. The online
/// softmax takes in a tile at once: eight lanes find a row's maximum by three shuffles.
/// *Why*: eight reads of four floats feed 64 multiply-adds, in place of one read each; one rescaling a tile replaces one
/// a key; 128 threads a block, each with work of its own, hide each other's waiting. Predicted: several times the
/// shared rung, limited by shared memory: six floats fetched for sixteen multiply-adds.
/// *Limits*: rows of at most 128 numbers; float32 units only.
/// *Next*: wmma_tf32.
#include <limits>

#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tiles.cuh"

namespace kbk::gpu {

namespace {

/// Warps of a block: as many as leave room for several blocks, or for one where rows are wide.
template <int width>
constexpr int warps = width == 128 ? 2 : 4;
template <int width>
constexpr int shared_floats = (warps<width> * warp_rows + 2 * tile_length) * (width + tile_padding) +
                              warps<width> * weight_size;

// [attention_cuda_flash]
template <int width>
__global__ void __launch_bounds__(32 * warps<width>) flash_kernel(Attention p, bool fours) {
    constexpr int row = width + tile_padding, queries = warps<width> * warp_rows;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    float* q_tile = cuda::dynamic_shared<float>();
    float *k_tile = q_tile + queries * row, *v_tile = k_tile + tile_length * row;
    const int warp = int(threadIdx.x) / 32;
    float* weights = v_tile + tile_length * row + warp * weight_size;

    // The last queries see most keys: begin with them.
    const std::int64_t b = blockIdx.z, h = blockIdx.y, i0 = std::int64_t(gridDim.x - 1 - blockIdx.x) * queries;
    const std::int64_t first = i0 + warp * warp_rows;
    const std::int64_t last = i0 + queries < p.queries ? i0 + queries - 1 : p.queries - 1;
    fetch_rows<width>(p.q_of(b, h), i0, p.queries, p.width, fours, q_tile, queries);

    float mixed[4][width / 8] = {}, largest[4], sum[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) largest[e] = -infinity, sum[e] = 0;
    for (std::int64_t j0 = 0; j0 < p.seen(last); j0 += tile_length) {
        __syncthreads();
        fetch_rows<width>(p.k_of(b, h), j0, p.keys, p.width, fours, k_tile, tile_length);
        fetch_rows<width>(p.v_of(b, h), j0, p.keys, p.width, fours, v_tile, tile_length);
        __syncthreads();
        float shares[4][4];
        multiply_rows<width>(q_tile + warp * warp_rows * row, k_tile, shares);

#pragma unroll
        for (int e = 0; e < 4; ++e) {
            // Find the largest score of the row so far. A row that has seen nothing yet stays without shares.
            const std::int64_t seen = p.seen(first + lane_group() + 4 * e);
            float common = largest[e];
#pragma unroll
            for (int f = 0; f < 4; ++f) {
                const std::int64_t j = j0 + lane_place() + 8 * f;
                shares[e][f] = j < seen && j < p.keys ? shares[e][f] * p.factor() : -infinity;
                common = fmaxf(common, shares[e][f]);
            }
            common = group_max(common);
            const float shift = common == -infinity ? 0.0f : common, rescale = expf(largest[e] - shift);
            largest[e] = common;

            // Each lane keeps its part of the sum, relative to the common largest score.
            sum[e] *= rescale;
#pragma unroll
            for (int f = 0; f < 4; ++f) sum[e] += shares[e][f] = expf(shares[e][f] - shift);
#pragma unroll
            for (int c = 0; c < width / 8; ++c) mixed[e][c] *= rescale;
        }
        put_weights(shares, weights);
        __syncwarp();
        mix_rows<width>(weights, v_tile, mixed);
    }

    float factors[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        const std::int64_t i = first + lane_group() + 4 * e;
        sum[e] = group_sum(sum[e]);
        factors[e] = sum[e] > 0 ? 1 / sum[e] : 0.0f;
        if (p.log_sum && lane_place() == 0 && i < p.queries) p.log_sum_of(b, h)[i] = largest[e] + logf(sum[e]);
    }
    store_rows<width>(mixed, factors, p.out_of(b, h), first, p.queries, p.width, fours);
}
// [attention_cuda_flash]

}  // namespace

void flash(const Attention& p, Scratch&) {
    if (p.batch * p.heads * p.queries == 0) return;
    const bool fours =
        rows_of_fours({p.q_strides, p.k_strides, p.v_strides, p.out_strides}, p.width, {p.q, p.k, p.v, p.out});
    with_tile_width(p.width, [&](auto constant) {
        constexpr int width = decltype(constant)::value;
        const dim3 grid(unsigned(divide_up(p.queries, warps<width> * warp_rows)), unsigned(p.heads), unsigned(p.batch));
        cuda::launch<flash_kernel<width>>(grid, 32 * warps<width>, sizeof(float) * shared_floats<width>, p, fours);
    });
}

}  // namespace kbk::gpu
