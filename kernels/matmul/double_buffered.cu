/// @file
/// matmul/cuda/double_buffered: the next tiles are on their way while these are used.
///
/// *Change*: tiles are fetched by asynchronous copies into a ring of buffers, some tiles ahead; a block's tile fits the
/// problem; long sums of small products are split among blocks.
/// *Why*: until now all warps of a block waited for memory together, then computed together. cp.async needs no register
/// to pass through and no thread that waits, and one barrier a tile is enough in place of two. Small products get
/// small tiles, so that there are blocks for all multiprocessors; where even those are few, several blocks share a
/// sum, and a second launch adds their parts in order: no atomic additions, so equal bits in every run. Predicted: the
/// multiply-adds are the limit, for large products; the latency of few dependent steps, for small ones.
/// *Limits*: none: any sizes, layouts, batches and epilogues. Activations other than relu are a launch of their own.
/// *Next*: wmma_tf32: other units, with less precision.
#include <algorithm>

#include "kernels/matmul/operand.cuh"
#include "kernels/matmul/result.cuh"
#include "kernels/matmul/rungs.hpp"

namespace kbk::gpu {

namespace {

// [matmul_cuda_shape]
/// How a block cuts its work: warps_m x warps_n warps, each lanes_m x lanes_n lanes, each thread_m x thread_n sums.
template <int warps_m_, int warps_n_, int lanes_m_, int thread_m_, int thread_n_, int depth_, int stages_, int blocks_>
struct Tiling {
    static constexpr int lanes_m = lanes_m_, lanes_n = 32 / lanes_m, thread_m = thread_m_, thread_n = thread_n_;
    static constexpr int warps_n = warps_n_, warp_m = lanes_m * thread_m, warp_n = lanes_n * thread_n;
    static constexpr int m = warps_m_ * warp_m, n = warps_n * warp_n, threads = 32 * warps_m_ * warps_n;
    static constexpr int depth = depth_;    // steps of k of a tile
    static constexpr int stages = stages_;  // tiles in shared memory
    static constexpr int blocks = blocks_;  // that a multiprocessor shall hold at least
    using TileA = TileOf<m, depth, threads>;
    using TileB = TileOf<n, depth, threads>;
    static constexpr std::size_t shared_bytes = sizeof(float) * stages * (TileA::size + TileB::size);
};
// [matmul_cuda_shape]

// [matmul_cuda_double_buffered]
template <class S>
__global__ void __launch_bounds__(S::threads, S::blocks) double_buffered_kernel(Product p) {
    constexpr int depth = S::depth, stages = S::stages, stage = S::TileA::size + S::TileB::size;
    float* shared = cuda::dynamic_shared<float>();
    const int lane = int(threadIdx.x) % 32, warp = int(threadIdx.x) / 32;
    const std::int64_t tiles_n = (p.n + S::n - 1) / S::n;
    const std::int64_t i0 = blockIdx.x / tiles_n * S::m, j0 = blockIdx.x % tiles_n * S::n;

    // This block's part of the sums: most often all of k.
    const std::int64_t l0 = blockIdx.y * p.steps;
    int left = int(p.k - l0 < p.steps ? p.k - l0 : p.steps);
    const int tiles = (left + depth - 1) / depth;
    typename S::TileA next_a(p.a, operand_of_block(p.a, p), i0, l0);
    typename S::TileB next_b(p.b, operand_of_block(p.b, p), j0, l0);
    int fetched = 0;
    const auto fetch = [&] {
        if (fetched < tiles) {
            float* tile = shared + fetched % stages * stage;
            next_a.fetch(p.a, tile, left);
            next_b.fetch(p.b, tile + S::TileA::size, left);
        }
        cuda::copy_async_commit();  // of nothing, behind the last tile: the count of groups goes on
        ++fetched;
        left -= depth;
    };
#pragma unroll
    for (int s = 0; s < stages - 1; ++s) fetch();

    // A thread's sums are squares of 4 x 4, so that a lane reads four floats at once and its neighbours the next four.
    const int row = warp / S::warps_n * S::warp_m + lane / S::lanes_n * 4;
    const int column = warp % S::warps_n * S::warp_n + lane % S::lanes_n * 4;
    float sums[S::thread_m][S::thread_n] = {};
    for (int t = 0; t < tiles; ++t) {
        // When this thread's copies have arrived and everybody has come here, the tile is whole, and nobody reads
        // the one that the next copies overwrite.
        cuda::copy_async_wait<stages - 2>();
        __syncthreads();
        fetch();

        const float* tile_a = shared + t % stages * stage + row;
        const float* tile_b = shared + t % stages * stage + S::TileA::size + column;
        // The numbers of step s + 1 are on their way from shared memory while those of step s are multiplied.
        Floats<4> a[2][S::thread_m / 4], b[2][S::thread_n / 4];
        const auto read = [&](int s) {
#pragma unroll
            for (int q = 0; q < S::thread_m / 4; ++q)
                a[s % 2][q] = load<4>(tile_a + s * S::TileA::row + q * 4 * S::lanes_m);
#pragma unroll
            for (int q = 0; q < S::thread_n / 4; ++q)
                b[s % 2][q] = load<4>(tile_b + s * S::TileB::row + q * 4 * S::lanes_n);
        };
        read(0);
#pragma unroll
        for (int s = 0; s < depth; ++s) {
            if (s + 1 < depth) read(s + 1);
#pragma unroll
            for (int r = 0; r < S::thread_m; ++r)
#pragma unroll
                for (int c = 0; c < S::thread_n; ++c)
                    sums[r][c] += a[s % 2][r / 4].value[r % 4] * b[s % 2][c / 4].value[c % 4];
        }
    }

    float* results = results_of_block(p);
#pragma unroll
    for (int r = 0; r < S::thread_m; ++r)
#pragma unroll
        for (int q = 0; q < S::thread_n / 4; ++q)
            store_four(p, results, i0 + row + r / 4 * 4 * S::lanes_m + r % 4, j0 + column + q * 4 * S::lanes_n,
                       {{sums[r][4 * q], sums[r][4 * q + 1], sums[r][4 * q + 2], sums[r][4 * q + 3]}});
}
// [matmul_cuda_double_buffered]

// [matmul_cuda_finish]
/// What is left after the products: add the parts of split sums in their order, beta C, the bias, the function.
/// parts: (product, split, m, n); null where C already holds everything but the function.
__global__ void finish_kernel(Product p, Activation activation, const float* parts, std::int64_t splits) {
    const std::int64_t item = p.first + blockIdx.z, count = p.m * p.n;
    float* results = results_of_block(p);
    for (std::int64_t e = global_thread(); e < count; e += std::int64_t(gridDim.x) * blockDim.x) {
        const std::int64_t j = e % p.n;
        float* c = results + e / p.n * p.row + j;
        float value;
        if (parts) {
            float sum = 0;
            for (std::int64_t s = 0; s < splits; ++s) sum += parts[(item * splits + s) * count + e];
            value = finish(p, sum, c, j);
        } else {
            value = *c;
        }
        *c = activate(activation, value);
    }
}
// [matmul_cuda_finish]

// Tiles of 128 x 128, 64 x 64, 32 x 64 and 32 x 32. Small ones do less for each number that they read, but there are
// more of them to keep multiprocessors busy; each of those holds two blocks of the first kind, or ten of the last.
using Large = Tiling<2, 4, 8, 8, 8, 16, 3, 2>;
using Middle = Tiling<2, 2, 8, 4, 8, 32, 3, 4>;
using Little = Tiling<2, 2, 4, 4, 4, 32, 3, 4>;
using Small = Tiling<1, 2, 8, 4, 4, 16, 3, 4>;

// Blocks that occupy a GPU: about as many as today's large ones have multiprocessors, and two for each.
constexpr std::int64_t enough_blocks = 128, many_blocks = 256;
// Steps of k below which a part of a sum does not repay the second launch.
constexpr std::int64_t least_steps = 128;

template <class S>
std::int64_t blocks_of(const Product& p, std::int64_t items) {
    return divide_up(p.m, S::m) * divide_up(p.n, S::n) * items;
}

// A grid counts at most 65,535 blocks along z: more products take more launches.
constexpr std::int64_t most_items = 65535;

template <class S>
void multiply(Product p, std::int64_t splits, std::int64_t items) {
    for (p.first = 0; p.first < items; p.first += most_items) {
        const dim3 grid(unsigned(divide_up(p.m, S::m) * divide_up(p.n, S::n)), unsigned(splits),
                        unsigned(std::min(most_items, items - p.first)));
        cuda::launch<double_buffered_kernel<S>>(grid, S::threads, S::shared_bytes, p);
    }
}

void finish_all(Product p, Activation activation, const float* parts, std::int64_t splits, std::int64_t items) {
    for (p.first = 0; p.first < items; p.first += most_items) {
        const dim3 grid(grid_stride_blocks(p.m * p.n), 1, unsigned(std::min(most_items, items - p.first)));
        cuda::launch<finish_kernel>(grid, block_threads, 0, p, activation, parts, splits);
    }
}

}  // namespace

// [matmul_cuda_double_buffered_plan]
void double_buffered(const Matmul& p, Scratch& scratch) {
    const std::int64_t items = p.batch.count();
    if (p.m == 0 || p.n == 0 || items == 0) return;
    const Product product = whole(p);
    const Activation activation = p.epilogue.activation;
    const bool fused = activation == Activation::identity || activation == Activation::relu;

    // The largest tile that gives enough blocks. It depends on the problem alone, not on the GPU at hand, so that all
    // GPUs compute the same bits.
    if (blocks_of<Large>(product, items) >= many_blocks) {
        multiply<Large>(product, 1, items);
    } else if (blocks_of<Middle>(product, items) >= many_blocks) {
        multiply<Middle>(product, 1, items);
    } else if (blocks_of<Little>(product, items) >= enough_blocks) {
        multiply<Little>(product, 1, items);
    } else {
        // Too few blocks for long sums: share them out.
        const std::int64_t blocks = blocks_of<Small>(product, items);
        const std::int64_t wanted = std::min(divide_up(enough_blocks, blocks), p.k / least_steps);
        if (wanted > 1) {
            const std::int64_t steps = divide_up(divide_up(p.k, wanted), Small::depth) * Small::depth;
            const std::int64_t splits = divide_up(p.k, steps);
            const Scratch::Frame frame(scratch);
            float* parts = scratch.take<float>(items * splits * p.m * p.n);
            multiply<Small>(part_sums(product, parts, steps, splits), splits, items);
            return finish_all(product, activation, parts, splits, items);
        }
        multiply<Small>(product, 1, items);
    }
    if (!fused) finish_all(product, activation, nullptr, 0, items);
}
// [matmul_cuda_double_buffered_plan]

}  // namespace kbk::gpu
