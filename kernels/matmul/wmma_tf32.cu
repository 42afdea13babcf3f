/// @file
/// matmul/cuda/wmma_tf32: tensor cores, which multiply small matrices, on floats with shorter fractions.
///
/// *Change*: a warp multiplies fragments of 16 x 8 and 8 x 16 in one instruction; tiles and copies stay as they were.
/// *Why*: a tensor core does the work of hundreds of multiply-add units. It reads of each float the sign, the exponent
/// and the upper 10 bits of the fraction (tf32), and adds in float32. The products of 11 x 11 bits are exact; each
/// operand is rounded once, by at most 2^-11. Predicted: several times the float32 rungs, limited by shared memory:
/// fragments are read float by float. Rows of a tile are eight floats longer than the tile, since four steps of eight
/// x then fall into 32 different banks.
/// *Limits*: three digits in place of seven. `best` does not take it: a reader asks for it, matmul=wmma_tf32.
/// *Next*: wmma_bf16, half the bytes.
#include "kernels/matmul/operand.cuh"
#include "kernels/matmul/result.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

namespace wmma = nvcuda::wmma;

constexpr int tile_m = 128, tile_k = 16;  // of a block, whose columns are 128, or 256 where that gives enough blocks
constexpr int warp_m = 64, warps_n = 4;   // of a warp: 4 x 2 or 4 x 4 fragments
constexpr int threads = 32 * (tile_m / warp_m) * warps_n;
constexpr int stages = 3;
using TileA = TileOf<tile_m, tile_k, threads, 8>;
template <int tile_n>
using TileB = TileOf<tile_n, tile_k, threads, 8>;
template <int tile_n>
constexpr int stage_of = TileA::size + TileB<tile_n>::size;

template <class Fragment>
__device__ __forceinline__ void round_to_tf32(Fragment& f) {
#pragma unroll
    for (int e = 0; e < f.num_elements; ++e) f.x[e] = wmma::__float_to_tf32(f.x[e]);
}

// [matmul_cuda_wmma_tf32]
template <int tile_n>
__global__ void __launch_bounds__(threads) wmma_tf32_kernel(Product p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // tensor cores before them know no tf32
    constexpr int warp_n = tile_n / warps_n, stage = stage_of<tile_n>;
    float* shared = cuda::dynamic_shared<float>();
    const int warp = int(threadIdx.x) / 32;
    const std::int64_t tiles_n = (p.n + tile_n - 1) / tile_n;
    const std::int64_t i0 = blockIdx.x / tiles_n * tile_m, j0 = blockIdx.x % tiles_n * tile_n;

    int left = int(p.k), fetched = 0;
    const int tiles = (left + tile_k - 1) / tile_k;
    TileA next_a(p.a, operand_of_block(p.a, p), i0, 0);
    TileB<tile_n> next_b(p.b, operand_of_block(p.b, p), j0, 0);
    const auto fetch = [&] {
        if (fetched < tiles) {
            float* tile = shared + fetched % stages * stage;
            next_a.fetch(p.a, tile, left);
            next_b.fetch(p.b, tile + TileA::size, left);
        }
        cuda::copy_async_commit();
        ++fetched;
        left -= tile_k;
    };
#pragma unroll
    for (int s = 0; s < stages - 1; ++s) fetch();

    const int row = warp / warps_n * warp_m, column = warp % warps_n * warp_n;
    wmma::fragment<wmma::accumulator, 16, 16, 8, float> sums[warp_m / 16][warp_n / 16];
#pragma unroll
    for (int r = 0; r < warp_m / 16; ++r)
#pragma unroll
        for (int c = 0; c < warp_n / 16; ++c) wmma::fill_fragment(sums[r][c], 0.0f);

    for (int t = 0; t < tiles; ++t) {
        cuda::copy_async_wait<stages - 2>();
        __syncthreads();
        fetch();

        // Element (l, x) of a tile lies at l * row + x: a tile of A is stored by columns, one of B by rows.
        const float* tile_a = shared + t % stages * stage + row;
        const float* tile_b = shared + t % stages * stage + TileA::size + column;
#pragma unroll
        for (int s = 0; s < tile_k; s += 8) {
            // Load the rows of A one fragment after the other: fewer registers are in use at a time.
            wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> b[warp_n / 16];
#pragma unroll
            for (int c = 0; c < warp_n / 16; ++c) {
                wmma::load_matrix_sync(b[c], tile_b + s * TileB<tile_n>::row + c * 16, TileB<tile_n>::row);
                round_to_tf32(b[c]);
            }
#pragma unroll
            for (int r = 0; r < warp_m / 16; ++r) {
                wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::col_major> a;
                wmma::load_matrix_sync(a, tile_a + s * TileA::row + r * 16, TileA::row);
                round_to_tf32(a);
#pragma unroll
                for (int c = 0; c < warp_n / 16; ++c) wmma::mma_sync(sums[r][c], a, b[c], sums[r][c]);
            }
        }
    }

    // The tiles' memory serves once more, when nobody reads them.
    __syncthreads();
    float* results = results_of_block(p);
#pragma unroll
    for (int r = 0; r < warp_m / 16; ++r)
#pragma unroll
        for (int c = 0; c < warp_n / 16; ++c)
            store_fragment(p, results, i0 + row + r * 16, j0 + column + c * 16, sums[r][c],
                           shared + warp * staging_size);
#endif
}
// [matmul_cuda_wmma_tf32]

template <int tile_n>
void multiply(const Product& p, std::int64_t items) {
    static_assert(threads / 32 * staging_size <= stages * stage_of<tile_n>);
    const dim3 grid(unsigned(divide_up(p.m, tile_m) * divide_up(p.n, tile_n)), 1, unsigned(items));
    cuda::launch<wmma_tf32_kernel<tile_n>>(grid, threads, sizeof(float) * stages * stage_of<tile_n>, p);
}

}  // namespace

void wmma_tf32(const Matmul& p, Scratch&) {
    const std::int64_t items = p.batch.count();
    if (p.m == 0 || p.n == 0 || items == 0) return;
    // A wide tile fetches a quarter less for each product, but must not leave multiprocessors without a block.
    constexpr std::int64_t enough_blocks = 128;
    if (divide_up(p.m, tile_m) * divide_up(p.n, 256) * items >= enough_blocks)
        multiply<256>(whole(p), items);
    else
        multiply<128>(whole(p), items);
}

}  // namespace kbk::gpu
