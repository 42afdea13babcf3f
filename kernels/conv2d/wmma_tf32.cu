/// @file
/// conv2d/cuda/wmma_tf32: tensor cores, which multiply small matrices, on floats with shorter fractions.
///
/// *Change*: each of a block's four warps computes 32 filters at 32 pixels, in fragments of 16 x 16, eight taps in one
/// instruction; what the tiles hold, and how it is found, stays as it was.
/// *Why*: a tensor core does the work of hundreds of multiply-add units. It reads of each float the sign, the exponent
/// and the upper 10 bits of the fraction (tf32), and adds in float32. Predicted: finding the pixels, with some
/// divisions for each, is now what everybody waits for, so less is won than in the matrix product.
/// *Limits*: three digits in place of seven. `best` does not take it: a reader asks for it, conv2d=wmma_tf32.
/// *Next*: none.
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/sums.cuh"

namespace kbk::gpu {

namespace {

namespace wmma = nvcuda::wmma;

constexpr int tile = 64, threads = 128;

template <class Fragment>
__device__ __forceinline__ void round_to_tf32(Fragment& f) {
#pragma unroll
    for (int e = 0; e < f.num_elements; ++e) f.x[e] = wmma::__float_to_tf32(f.x[e]);
}

// [conv2d_cuda_wmma_tf32]
__global__ void __launch_bounds__(threads) wmma_tf32_kernel(ForwardSum p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // tensor cores before them know no tf32
    constexpr int tile_k = 16, fetches = tile * tile_k / threads,
                  part = 32;  // a warp's part: 2 x 2 fragments
    // Rows of A are four floats longer than the tile, those of B and of the sums eight: what a fragment moves at
    // once, eight rows of four steps or four rows of eight columns, then falls into 32 banks.
    constexpr int row_a = tile_k + 4, row_b = tile + 8, row_sums = tile + 8;
    // The sums leave through the memory of the tiles, which nobody reads then.
    __shared__ __align__(128) float shared[tile * row_sums];
    float *tile_a = shared, *tile_b = shared + tile * row_a;
    static_assert(tile * row_a + tile_k * row_b <= tile * row_sums);
    const int thread = int(threadIdx.x), warp = thread / 32, y = warp / 2 * part, x = warp % 2 * part;
    const int tiles_n = (p.n + tile - 1) / tile, tiles_m = (p.m + tile - 1) / tile;
    const int block = int(blockIdx.x), n0 = block % tiles_n * tile, m0 = block / tiles_n % tiles_m * tile,
              group = block / tiles_n / tiles_m;

    // A warp fetches 16 steps of two rows of A, four apart, whose places in the tile then share no bank.
    const int row_of_a = thread / 32 + thread / 16 % 2 * 4;
    const auto column = p.column(n0 + thread % tile);
    float next_a[fetches], next_b[fetches];
    const auto fetch = [&](int k0) {
#pragma unroll
        for (int f = 0; f < fetches; ++f) {
            const int ka = k0 + thread % tile_k, m = m0 + row_of_a + f * (threads / tile_k);
            next_a[f] = m < p.m && ka < p.k ? p.a(group, m, ka) : 0;
            const int kb = k0 + thread / tile + f * (threads / tile);
            next_b[f] = n0 + thread % tile < p.n && kb < p.k ? p.b(group, kb, column) : 0;
        }
    };

    wmma::fragment<wmma::accumulator, 16, 16, 8, float> sums[2][2];
#pragma unroll
    for (int i = 0; i < 4; ++i) wmma::fill_fragment(sums[i / 2][i % 2], 0.0f);
    fetch(0);
    for (int k = 0; k < p.k; k += tile_k) {
#pragma unroll
        for (int f = 0; f < fetches; ++f) {
            tile_a[(row_of_a + f * (threads / tile_k)) * row_a + thread % tile_k] = next_a[f];
            tile_b[(thread / tile + f * (threads / tile)) * row_b + thread % tile] = next_b[f];
        }
        __syncthreads();
        if (k + tile_k < p.k) fetch(k + tile_k);
#pragma unroll
        for (int l = 0; l < tile_k; l += 8) {
            wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> a[2];
            wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> b[2];
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                wmma::load_matrix_sync(a[i], tile_a + (y + i * 16) * row_a + l, row_a);
                wmma::load_matrix_sync(b[i], tile_b + l * row_b + x + i * 16, row_b);
                round_to_tf32(a[i]);
                round_to_tf32(b[i]);
            }
#pragma unroll
            for (int i = 0; i < 4; ++i)
                wmma::mma_sync(sums[i / 2][i % 2], a[i / 2], b[i % 2], sums[i / 2][i % 2]);
        }
        __syncthreads();  // before the next tiles overwrite these
    }

    // Which lane holds which sum is the hardware's secret, so they go through shared memory.
#pragma unroll
    for (int i = 0; i < 4; ++i)
        wmma::store_matrix_sync(shared + (y + i / 2 * 16) * row_sums + x + i % 2 * 16, sums[i / 2][i % 2],
                                row_sums, wmma::mem_row_major);
    __syncthreads();
    for (int m = thread / tile; m < tile; m += threads / tile)
        if (m0 + m < p.m && n0 + thread % tile < p.n)
            p.store(group, m0 + m, n0 + thread % tile, shared[m * row_sums + thread % tile]);
#endif
}
// [conv2d_cuda_wmma_tf32]

}  // namespace

void wmma_tf32(const Conv2dForward& p, Scratch&) {
    if (p.shape.y_size() == 0) return;
    const ForwardSum sums = sums_of(p);
    const std::int64_t blocks = divide_up(sums.n, tile) * divide_up(sums.m, tile) * p.shape.groups;
    cuda::launch<wmma_tf32_kernel>(unsigned(blocks), threads, 0, sums);
}

}  // namespace kbk::gpu
