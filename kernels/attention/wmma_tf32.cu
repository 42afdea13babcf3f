/// @file
/// attention/cuda/wmma_tf32: both products on tensor cores, on floats with shorter fractions.
///
/// *Change*: a warp's 16 queries meet 32 keys as fragments of 16 x 16 sums. Which lane holds which sum is the hardware's
/// secret, so scores go through shared memory to the softmax, where two lanes share a row, and back as shares; so do
/// the mixtures of each tile, which lanes then add to theirs.
/// *Why*: tensor cores multiply many times faster; they read the upper 10 bits of a fraction (tf32) and add in float32.
/// Predicted: faster than flash, but far from the tensor cores' limit: a tile of 16 x 32 is so small that shared memory
/// and exponentials decide. Tiles are read float by float, 8 rows at 4 neighbouring columns: rows of the tiles that are
/// read along the sums are 4 floats longer than a multiple of 32, those of the values, read across, 8.
/// *Limits*: three digits in place of seven. `best` does not take it: a reader asks for it, attention=wmma_tf32.
/// *Next*: none.
#include <limits>

#include "kernels/attention/rungs.hpp"
#include "kernels/attention/tiles.cuh"

namespace kbk::gpu {

namespace {

namespace wmma = nvcuda::wmma;

constexpr int warps = 4, queries = warps * warp_rows;
constexpr int value_padding = 8;                   // of a row of the tile of values
constexpr int share_row = tile_length + 4;         // of a warp's shares
constexpr int staging_row = 24;                    // of a warp's fragment of mixtures
template <int width>
constexpr int shared_floats = (queries + tile_length) * (width + tile_padding) + tile_length * (width + value_padding) +
                              warps * warp_rows * (share_row + staging_row);

/// Load a fragment and round it to tf32.
template <class Fragment>
__device__ __forceinline__ void load_tf32(Fragment& fragment, const float* from, int row) {
    wmma::load_matrix_sync(fragment, from, unsigned(row));
#pragma unroll
    for (int e = 0; e < fragment.num_elements; ++e) fragment.x[e] = wmma::__float_to_tf32(fragment.x[e]);
}

// [attention_cuda_wmma_tf32]
template <int width>
__global__ void __launch_bounds__(32 * warps) wmma_tf32_kernel(Attention p, bool fours) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // tensor cores before them know no tf32
    using RowsOfA = wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major>;
    using ColumnsOfB = wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::col_major>;
    using RowsOfB = wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major>;
    using Sums = wmma::fragment<wmma::accumulator, 16, 16, 8, float>;
    constexpr int row = width + tile_padding, value_row = width + value_padding;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    float* q_tile = cuda::dynamic_shared<float>();
    float *k_tile = q_tile + queries * row, *v_tile = k_tile + tile_length * row;
    const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
    float* shares = v_tile + tile_length * value_row + warp * warp_rows * (share_row + staging_row);
    float* staging = shares + warp_rows * share_row;

    const std::int64_t b = blockIdx.z, h = blockIdx.y, i0 = std::int64_t(gridDim.x - 1 - blockIdx.x) * queries;
    const std::int64_t last = i0 + queries < p.queries ? i0 + queries - 1 : p.queries - 1;
    fetch_rows<width>(p.q_of(b, h), i0, p.queries, p.width, fours, q_tile, queries);

    // Two lanes share a row: of each eight columns of the mixture, the even lane has the first four.
    const int r = lane / 2, half = lane % 2;
    const std::int64_t i = i0 + warp * warp_rows + r;
    float mixed[width / 2] = {}, largest = -infinity, sum = 0;
    for (std::int64_t j0 = 0; j0 < p.seen(last); j0 += tile_length) {
        __syncthreads();
        fetch_rows<width>(p.k_of(b, h), j0, p.keys, p.width, fours, k_tile, tile_length);
        fetch_rows<width, value_row>(p.v_of(b, h), j0, p.keys, p.width, fours, v_tile, tile_length);
        __syncthreads();

        // Scores are computed as keys by queries: stored down its columns, a fragment meets 32 banks with the same rows
        // that the shares will be read in. A column of Q's transpose is a row of the tile.
        Sums scores[tile_length / 16];
#pragma unroll
        for (Sums& s : scores) wmma::fill_fragment(s, 0.0f);
#pragma unroll
        for (int c = 0; c < width; c += 8) {
            ColumnsOfB q;
            load_tf32(q, q_tile + warp * warp_rows * row + c, row);
#pragma unroll
            for (int n = 0; n < tile_length / 16; ++n) {
                RowsOfA k;
                load_tf32(k, k_tile + n * 16 * row + c, row);
                wmma::mma_sync(scores[n], k, q, scores[n]);
            }
        }
#pragma unroll
        for (int n = 0; n < tile_length / 16; ++n)
            wmma::store_matrix_sync(shares + n * 16, scores[n], share_row, wmma::mem_col_major);
        __syncwarp();

        // This lane's half of the row: 16 scores become shares.
        float own[16], common = largest;
#pragma unroll
        for (int j = 0; j < 16; j += 4) {
            const Floats<4> four = load<4>(shares + r * share_row + 16 * half + j);
#pragma unroll
            for (int x = 0; x < 4; ++x) {
                const std::int64_t key = j0 + 16 * half + j + x;
                own[j + x] = key < p.seen(i) && key < p.keys ? four.value[x] * p.factor() : -infinity;
                common = fmaxf(common, own[j + x]);
            }
        }
        common = fmaxf(common, __shfl_xor_sync(full_warp, common, 1));
        const float shift = common == -infinity ? 0.0f : common, rescale = expf(largest - shift);
        largest = common;
        sum *= rescale;
#pragma unroll
        for (float& m : mixed) m *= rescale;
#pragma unroll
        for (int j = 0; j < 16; j += 4) {
            Floats<4> four;
#pragma unroll
            for (int x = 0; x < 4; ++x) sum += four.value[x] = expf(own[j + x] - shift);
            store(shares + r * share_row + 16 * half + j, four);
        }
        __syncwarp();

        // Mix the tile's values, 16 columns at a time.
        RowsOfA weights[tile_length / 8];
#pragma unroll
        for (int k = 0; k < tile_length / 8; ++k) load_tf32(weights[k], shares + 8 * k, share_row);
#pragma unroll
        for (int n = 0; n < width / 16; ++n) {
            Sums mixture;
            wmma::fill_fragment(mixture, 0.0f);
#pragma unroll
            for (int k = 0; k < tile_length / 8; ++k) {
                RowsOfB v;
                load_tf32(v, v_tile + 8 * k * value_row + 16 * n, value_row);
                wmma::mma_sync(mixture, weights[k], v, mixture);
            }
            wmma::store_matrix_sync(staging, mixture, staging_row, wmma::mem_row_major);
            __syncwarp();
#pragma unroll
            for (int f = 0; f < 2; ++f) {
                const Floats<4> four = load<4>(staging + r * staging_row + 8 * f + 4 * half);
#pragma unroll
                for (int x = 0; x < 4; ++x) mixed[8 * n + 4 * f + x] += four.value[x];
            }
            __syncwarp();
        }
    }

    sum += __shfl_xor_sync(full_warp, sum, 1);
    if (i >= p.queries) return;
    if (p.log_sum && half == 0) p.log_sum_of(b, h)[i] = largest + logf(sum);
    const float share = sum > 0 ? 1 / sum : 0.0f;
    float* out = p.out_of(b, h)[i];
#pragma unroll
    for (int f = 0; f < width / 8; ++f) {
        const int c = 8 * f + 4 * half;
        Floats<4> four;
#pragma unroll
        for (int x = 0; x < 4; ++x) four.value[x] = mixed[4 * f + x] * share;
        if (fours) {
            if (c < p.width) store(out + c, four);
        } else {
#pragma unroll
            for (int x = 0; x < 4; ++x)
                if (c + x < p.width) out[c + x] = four.value[x];
        }
    }
#endif
}
// [attention_cuda_wmma_tf32]

}  // namespace

void wmma_tf32(const Attention& p, Scratch&) {
    if (p.batch * p.heads * p.queries == 0) return;
    const bool fours =
        rows_of_fours({p.q_strides, p.k_strides, p.v_strides, p.out_strides}, p.width, {p.q, p.k, p.v, p.out});
    with_tile_width(p.width, [&](auto constant) {
        constexpr int width = decltype(constant)::value;
        const dim3 grid(unsigned(divide_up(p.queries, queries)), unsigned(p.heads), unsigned(p.batch));
        cuda::launch<wmma_tf32_kernel<width>>(grid, 32 * warps, sizeof(float) * shared_floats<width>, p, fours);
    });
}

}  // namespace kbk::gpu
