/// @file
/// matmul/cuda/wmma_bf16: tensor cores on numbers of two bytes.
///
/// *Change*: operands are rounded to bfloat16 on their way to shared memory; a fragment is 16 x 16 of them. An operand
/// stays in the order that it has in memory, and the fragment's layout says which one that is.
/// *Why*: bfloat16 has float's exponent and 7 bits of fraction. Half the bytes in shared memory, twice the products a
/// cycle, and fragments come by a warp-wide load of 8 rows of 16 bytes each. Rows are padded by 16 bytes, so that
/// these eight fall into different banks. Copies cannot convert, so threads fetch floats into registers, two tiles
/// ahead of their use, and store them behind the multiplication. Predicted: twice wmma_tf32 and more, until the
/// second-level cache, which still delivers float32, is the limit.
/// *Limits*: two to three digits. `best` does not take it: a reader asks for it, matmul=wmma_bf16.
/// *Next*: none here; the full speed of sm_90 asks for products straight from shared memory (wgmma), and for bfloat16
/// in memory.
#include <cstring>
#include <type_traits>

#include "kernels/matmul/operand.cuh"
#include "kernels/matmul/result.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

namespace wmma = nvcuda::wmma;

constexpr int tile_m = 128, tile_k = 32;  // of a block, whose columns are 128, or 256 where that gives enough blocks
constexpr int warp_m = 64, warps_n = 4;   // of a warp: 4 x 2 or 4 x 4 fragments
constexpr int threads = 32 * (tile_m / warp_m) * warps_n;

/// Four bfloat16, as one instruction stores them.
__device__ __forceinline__ uint2 bits_of(const __nv_bfloat162 (&four)[2]) {
    static_assert(sizeof(uint2) == sizeof(four));
    uint2 bits;
    std::memcpy(&bits, four, sizeof(bits));
    return bits;
}

/// Fetches an operand's tiles through registers and rounds them.
/// @tparam width    x of a tile
/// @tparam row_is_k whether the operand's rows lie along k: then element (l, x) of a tile is at x * row + l, else at
///                  l * row + x
template <int width, bool row_is_k>
class RoundedTileOf {
  public:
    static constexpr int row = (row_is_k ? tile_k : width) + 8;  // padded by 16 bytes
    static constexpr int rows = row_is_k ? width : tile_k;
    static constexpr int size = rows * row;

    __device__ __forceinline__ RoundedTileOf(const Operand& operand, const float* data, std::int64_t x0) {
        const int thread = int(threadIdx.x);
        if constexpr (row_is_k) {
            // Half a warp takes 8 rows of 8 elements: whole sectors, and stores to 8 x 16 bytes in different banks.
            along_ = thread % 2 * 4 + thread / 16 % 4 * 8;
            across_ = thread / 2 % 8 + thread / 64 * 8;
        } else {
            along_ = thread % (width / 4) * 4;
            across_ = thread / (width / 4);
        }
        stride_ = row_is_k ? operand.across : operand.along;
        from_ = data + (row_is_k ? (x0 + across_) * stride_ + along_ : across_ * stride_ + x0 + along_);
        const std::int64_t left = operand.extent - x0;
        x_left_ = (left < width ? int(left) : width) - (row_is_k ? across_ : along_);
    }

    /// Fetch the next tile into registers.
    /// @param l_left steps of k that are left; beyond them zeros
    __device__ __forceinline__ void fetch(const Operand& operand, int l_left) {
        l_left -= row_is_k ? along_ : across_;
#pragma unroll
        for (int i = 0; i < fours; ++i) {
            const bool valid = row_is_k ? i * step < x_left_ : i * step < l_left;
            const int inside = valid ? (row_is_k ? l_left : x_left_) : 0;  // elements of the row from here on
            const float* from = from_ + i * step * stride_;
            if (operand.aligned && inside >= 4) {
                values_[i] = load<4>(from);
            } else {
#pragma unroll
                for (int e = 0; e < 4; ++e) values_[i].value[e] = e < inside ? from[e] : 0.0f;
            }
        }
        from_ += row_is_k ? tile_k : tile_k * stride_;
    }

    /// Round what was fetched, to the nearest, and store it.
    __device__ __forceinline__ void store_rounded(__nv_bfloat16* tile) const {
#pragma unroll
        for (int i = 0; i < fours; ++i) {
            const auto& v = values_[i].value;
            const __nv_bfloat162 four[2] = {__floats2bfloat162_rn(v[0], v[1]), __floats2bfloat162_rn(v[2], v[3])};
            *reinterpret_cast<uint2*>(tile + (across_ + i * step) * row + along_) = bits_of(four);
        }
    }

  private:
    static constexpr int step = row_is_k ? threads / 8 : threads / (width / 4);  // rows from one four to the next
    static constexpr int fours = rows / step;                                    // of this thread in a tile
    static_assert(tile_k == 32 && rows % step == 0);
    const float* from_;
    std::int64_t stride_;   // from row to row
    int along_, across_;    // this thread's first four: place in its row, and row
    int x_left_;            // x from there to the operand's edge, or the tile's
    Floats<4> values_[fours];
};

// [matmul_cuda_wmma_bf16]
template <bool a_along_k, bool b_along_k, int tile_n>
__global__ void __launch_bounds__(threads) wmma_bf16_kernel(Product p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800  // tensor cores before them know no bfloat16
    constexpr int warp_n = tile_n / warps_n;
    using TileA = RoundedTileOf<tile_m, a_along_k>;
    using TileB = RoundedTileOf<tile_n, b_along_k>;
    using LayoutA = std::conditional_t<a_along_k, wmma::row_major, wmma::col_major>;
    using LayoutB = std::conditional_t<b_along_k, wmma::col_major, wmma::row_major>;
    constexpr int stage = TileA::size + TileB::size;
    auto* shared = cuda::dynamic_shared<__nv_bfloat16>();
    const int warp = int(threadIdx.x) / 32;
    const std::int64_t tiles_n = (p.n + tile_n - 1) / tile_n;
    const std::int64_t i0 = blockIdx.x / tiles_n * tile_m, j0 = blockIdx.x % tiles_n * tile_n;
    const int row = warp / warps_n * warp_m, column = warp % warps_n * warp_n;

    TileA next_a(p.a, operand_of_block(p.a, p), i0);
    TileB next_b(p.b, operand_of_block(p.b, p), j0);
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[warp_m / 16][warp_n / 16];
#pragma unroll
    for (int r = 0; r < warp_m / 16; ++r)
#pragma unroll
        for (int c = 0; c < warp_n / 16; ++c) wmma::fill_fragment(sums[r][c], 0.0f);

    int left = int(p.k);
    if (left > 0) {
        next_a.fetch(p.a, left);
        next_b.fetch(p.b, left);
    }
    for (int t = 0; left > 0; ++t) {
        // Store the tile that has arrived, and ask for the next one, which arrives while this one is multiplied.
        __nv_bfloat16* tile_a = shared + t % 2 * stage;
        __nv_bfloat16* tile_b = tile_a + TileA::size;
        next_a.store_rounded(tile_a);
        next_b.store_rounded(tile_b);
        __syncthreads();
        left -= tile_k;
        if (left > 0) {
            next_a.fetch(p.a, left);
            next_b.fetch(p.b, left);
        }

#pragma unroll
        for (int s = 0; s < tile_k; s += 16) {
            // Load the rows of A one fragment after the other: fewer registers are in use at a time.
            wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, LayoutB> b[warp_n / 16];
#pragma unroll
            for (int c = 0; c < warp_n / 16; ++c) {
                const int j = column + c * 16;
                const int first = b_along_k ? j * TileB::row + s : s * TileB::row + j;
                wmma::load_matrix_sync(b[c], tile_b + first, TileB::row);
            }
#pragma unroll
            for (int r = 0; r < warp_m / 16; ++r) {
                wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, LayoutA> a;
                const int i = row + r * 16;
                const int first = a_along_k ? i * TileA::row + s : s * TileA::row + i;
                wmma::load_matrix_sync(a, tile_a + first, TileA::row);
#pragma unroll
                for (int c = 0; c < warp_n / 16; ++c) wmma::mma_sync(sums[r][c], a, b[c], sums[r][c]);
            }
        }
    }

    // The tiles' memory serves once more, when nobody reads them.
    __syncthreads();
    float* results = results_of_block(p);
    float* staging = reinterpret_cast<float*>(shared) + warp * staging_size;
#pragma unroll
    for (int r = 0; r < warp_m / 16; ++r)
#pragma unroll
        for (int c = 0; c < warp_n / 16; ++c)
            store_fragment(p, results, i0 + row + r * 16, j0 + column + c * 16, sums[r][c], staging);
#endif
}
// [matmul_cuda_wmma_bf16]

template <bool a_along_k, bool b_along_k, int tile_n>
void multiply(const Product& p, std::int64_t items) {
    constexpr std::size_t tiles = RoundedTileOf<tile_m, a_along_k>::size + RoundedTileOf<tile_n, b_along_k>::size;
    constexpr std::size_t bytes = 2 * tiles * sizeof(__nv_bfloat16);
    static_assert(threads / 32 * staging_size * sizeof(float) <= bytes);
    const dim3 grid(unsigned(divide_up(p.m, tile_m) * divide_up(p.n, tile_n)), 1, unsigned(items));
    cuda::launch<wmma_bf16_kernel<a_along_k, b_along_k, tile_n>>(grid, threads, bytes, p);
}

// A wide tile fetches a quarter less for each product, but must not leave multiprocessors without a block.
template <bool a_along_k, bool b_along_k>
void multiply(const Product& p, std::int64_t items) {
    constexpr std::int64_t enough_blocks = 128;
    if (divide_up(p.m, tile_m) * divide_up(p.n, 256) * items >= enough_blocks)
        multiply<a_along_k, b_along_k, 256>(p, items);
    else
        multiply<a_along_k, b_along_k, 128>(p, items);
}

}  // namespace

void wmma_bf16(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0 || p.batch.count() == 0) return;
    const Product product = whole(p);
    if (p.transpose_a && p.transpose_b) return multiply<false, true>(product, p.batch.count());
    if (p.transpose_a) return multiply<false, false>(product, p.batch.count());
    if (p.transpose_b) return multiply<true, true>(product, p.batch.count());
    multiply<true, false>(product, p.batch.count());
}

}  // namespace kbk::gpu
