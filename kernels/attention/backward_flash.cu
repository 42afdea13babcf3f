/// @file
/// attention_backward/cuda/flash: tiles meet tiles, once from the queries' side and once from the keys'.
///
/// *Change*: a warp holds 16 queries with their gradients and meets the keys in tiles of 32, and dq stays in registers;
/// in a second launch warps hold keys and values and meet the queries, for dk and dv. Lanes share the work as in the
/// forward rung.
/// *Why*: shares are computed twice, seven products in place of five, so that each sum belongs to one warp: no atomic
/// additions, and the same bits in every run. Predicted: many times faster than naive, limited by shared memory as the
/// forward rung is.
/// *Limits*: rows of at most 128 numbers; float32 units only.
/// *Next*: none.
#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tiles.cuh"

namespace kbk::gpu {

namespace {

/// Warps of a block: as many as shared memory holds on every GPU.
template <int width>
constexpr int warps = width == 128 ? 1 : 2;
template <int width>
constexpr int shared_floats = 2 * (warps<width> * warp_rows + tile_length) * (width + tile_padding) +
                              2 * warps<width> * weight_size;

/// One warp a query. means: (batch, heads, queries)
__global__ void means_kernel(AttentionBackward p, float* means) {
    const std::int64_t at = global_thread() / warpSize, i = at % p.queries, head = at / p.queries;
    const std::int64_t b = head / p.heads, h = head % p.heads;
    if (b >= p.batch) return;  // a whole warp together
    const float *out = p.out_of(b, h)[i], *d_out = p.d_out_of(b, h)[i];
    float sum = 0;
    for (std::int64_t c = threadIdx.x % warpSize; c < p.width; c += warpSize) sum += out[c] * d_out[c];
    sum = warp_sum(sum);
    if (threadIdx.x % warpSize == 0) means[at] = sum;
}

// [attention_backward_cuda_flash]
/// @tparam width of the tiles
/// @tparam keys whether the block holds keys and values and meets queries, for dk and dv; else it holds queries and
///              meets keys, for dq
template <int width, bool keys>
__global__ void __launch_bounds__(32 * warps<width>) backward_flash_kernel(AttentionBackward p, const float* means,
                                                                           bool fours) {
    constexpr int row = width + tile_padding, rows = warps<width> * warp_rows;
    const int warp = int(threadIdx.x) / 32;
    const int b = int(blockIdx.z), h = int(blockIdx.y), offset = int(p.keys - p.queries);
    float* held = cuda::dynamic_shared<float>();                // queries, or keys
    float* held_too = held + rows * row;                        // their gradients, or the values
    float* tile = held_too + rows * row;                        // keys, or queries
    float* tile_too = tile + tile_length * row;                 // values, or the queries' gradients
    float* d_scores = tile_too + tile_length * row + 2 * warp * weight_size;
    float* shares = d_scores + weight_size;

    // Hold rows [x0, x0 + rows), and meet those that they see, or that see them. Positions count in 32 bits: registers
    // are scarce.
    const int x0 = int(blockIdx.x) * rows, first = x0 + warp * warp_rows;
    const int count = int(keys ? p.keys : p.queries), others = int(keys ? p.queries : p.keys);
    const int last = x0 + rows < count ? x0 + rows - 1 : count - 1;
    const int begin = keys && p.causal && x0 > offset ? (x0 - offset) / tile_length * tile_length : 0;
    const int end = keys ? others : int(p.seen(last));
    fetch_rows<width>(keys ? p.k_of(b, h) : p.q_of(b, h), x0, count, p.width, fours, held, rows);
    fetch_rows<width>(keys ? p.v_of(b, h) : p.d_out_of(b, h), x0, count, p.width, fours, held_too, rows);

    const float *log_sum = p.log_sum_of(b, h), *mean = means + (b * p.heads + h) * p.queries;
    float sums[4][width / 8] = {}, sums_too[4][width / 8] = {};
    for (int y0 = begin; y0 < end; y0 += tile_length) {
        __syncthreads();
        fetch_rows<width>(keys ? p.q_of(b, h) : p.k_of(b, h), y0, others, p.width, fours, tile, tile_length);
        fetch_rows<width>(keys ? p.d_out_of(b, h) : p.v_of(b, h), y0, others, p.width, fours, tile_too, tile_length);
        __syncthreads();

        float share[4][4], d_score[4][4];
        multiply_rows<width>(held + warp * warp_rows * row, tile, share);
        multiply_rows<width>(held_too + warp * warp_rows * row, tile_too, d_score);
#pragma unroll
        for (int e = 0; e < 4; ++e)
#pragma unroll
            for (int f = 0; f < 4; ++f) {
                const int x = first + lane_group() + 4 * e, y = y0 + lane_place() + 8 * f;
                const int i = keys ? y : x, j = keys ? x : y;
                const bool inside = x < count && y < others, sees = inside && j < int(p.seen(i));
                const float sum = inside ? log_sum[i] : 0.0f, from_mean = d_score[e][f] - (inside ? mean[i] : 0.0f);
                share[e][f] = sees ? expf(p.factor() * share[e][f] - sum) : 0.0f;
                d_score[e][f] = sees ? share[e][f] * from_mean : 0.0f;
            }
        put_weights(d_score, d_scores);
        if (keys) put_weights(share, shares);
        __syncwarp();
        mix_rows<width>(d_scores, tile, sums);
        if (keys) mix_rows<width>(shares, tile_too, sums_too);
    }

    const float factors[4] = {p.factor(), p.factor(), p.factor(), p.factor()}, ones[4] = {1, 1, 1, 1};
    store_rows<width>(sums, factors, keys ? p.dk_of(b, h) : p.dq_of(b, h), first, count, p.width, fours);
    if (keys) store_rows<width>(sums_too, ones, p.dv_of(b, h), first, count, p.width, fours);
}
// [attention_backward_cuda_flash]

}  // namespace

void flash(const AttentionBackward& p, Scratch& scratch) {
    const std::int64_t heads = p.batch * p.heads;
    if (heads == 0) return;
    const Scratch::Frame frame(scratch);
    float* means = scratch.take<float>(heads * p.queries);
    const bool fours = rows_of_fours({p.q_strides, p.k_strides, p.v_strides, p.d_out_strides, p.dq_strides, p.dk_strides,
                                      p.dv_strides},
                                     p.width, {p.q, p.k, p.v, p.d_out, p.dq, p.dk, p.dv});
    if (p.queries > 0) cuda::launch<means_kernel>(blocks_for(heads * p.queries * 32), block_threads, 0, p, means);
    with_tile_width(p.width, [&](auto constant) {
        constexpr int width = decltype(constant)::value, rows = warps<width> * warp_rows;
        constexpr std::size_t bytes = sizeof(float) * shared_floats<width>;
        const dim3 queries(unsigned(divide_up(p.queries, rows)), unsigned(p.heads), unsigned(p.batch));
        const dim3 keys(unsigned(divide_up(p.keys, rows)), unsigned(p.heads), unsigned(p.batch));
        if (p.queries > 0)
            cuda::launch<backward_flash_kernel<width, false>>(queries, 32 * warps<width>, bytes, p, means, fours);
        if (p.keys > 0)
            cuda::launch<backward_flash_kernel<width, true>>(keys, 32 * warps<width>, bytes, p, means, fours);
    });
}

}  // namespace kbk::gpu
