/// @file
/// conv2d/cuda/implicit, with both gradients: the matrix product's tiles in registers, its operands found as
/// needed.
///
/// *Change*: a block computes 64 x 64 results, each thread 16 of them in registers; while it multiplies one pair of
/// tiles, the next is on its way from memory. The gradient by the weights cuts its long sums into chunks, which blocks
/// of their own compute, and a second launch adds up.
/// *Why*: eight reads of shared memory now feed sixteen multiply-adds, and what finds an element is shared by 64.
/// Chunks give the GPU blocks to run where there are few weights; they depend on the sizes alone, so results have the
/// same bits on every GPU. Predicted: several times shared's speed, half of it where there are few filters.
/// *Limits*: tiles of 64 filters are partly empty for fewer.
/// *Next*: wmma_tf32, for the convolution itself.
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/sums.cuh"

namespace kbk::gpu {

namespace {

constexpr int tile = 64, tile_k = 16, side = 4;  // of a block, and the results of a thread in each direction
constexpr int across = tile / side, threads = across * across, fetches = tile * tile_k / threads;
// Two floats more in a row: the 16 steps of k and 2 rows that a warp writes at once then fall into 32 banks.
constexpr int row = tile + 2;

// [conv2d_cuda_implicit]
template <class Sum>
__global__ void __launch_bounds__(threads) implicit_kernel(Sum p, int steps, std::int64_t chunk_results) {
    __shared__ float tile_a[tile_k][row], tile_b[tile_k][row];
    const int thread = int(threadIdx.x), x = thread % across, y = thread / across;
    const int tiles_n = (p.n + tile - 1) / tile, tiles_m = (p.m + tile - 1) / tile;
    const int block = int(blockIdx.x), n0 = block % tiles_n * tile, m0 = block / tiles_n % tiles_m * tile,
              group = block / tiles_n / tiles_m % p.s.groups, chunk = block / tiles_n / tiles_m / p.s.groups;
    const int begin = chunk * steps, end = begin + steps < p.k ? begin + steps : p.k;

    // Neighbouring threads fetch neighbours in memory: of A along k, of B along n, or along k.
    constexpr int b_columns = Sum::b_along_k ? fetches : 1;
    typename Sum::Column columns[b_columns];
    for (int f = 0; f < b_columns; ++f)
        columns[f] =
            p.column(n0 + (Sum::b_along_k ? thread / tile_k + f * (threads / tile_k) : thread % tile));
    float next_a[fetches], next_b[fetches];
    const auto fetch = [&](int k0) {
#pragma unroll
        for (int f = 0; f < fetches; ++f) {
            const int ka = k0 + thread % tile_k, m = m0 + thread / tile_k + f * (threads / tile_k);
            next_a[f] = m < p.m && ka < end ? p.a(group, m, ka) : 0;
            const int kb = Sum::b_along_k ? ka : k0 + thread / tile + f * (threads / tile);
            const int n = n0 + (Sum::b_along_k ? thread / tile_k + f * (threads / tile_k) : thread % tile);
            next_b[f] = n < p.n && kb < end ? p.b(group, kb, columns[Sum::b_along_k ? f : 0]) : 0;
        }
    };

    float sums[side][side] = {};
    fetch(begin);
    for (int k = begin; k < end; k += tile_k) {
#pragma unroll
        for (int f = 0; f < fetches; ++f) {
            tile_a[thread % tile_k][thread / tile_k + f * (threads / tile_k)] = next_a[f];
            if constexpr (Sum::b_along_k)
                tile_b[thread % tile_k][thread / tile_k + f * (threads / tile_k)] = next_b[f];
            else
                tile_b[thread / tile + f * (threads / tile)][thread % tile] = next_b[f];
        }
        __syncthreads();
        if (k + tile_k < end) fetch(k + tile_k);
#pragma unroll
        for (int l = 0; l < tile_k; ++l) {
            float a[side], b[side];
#pragma unroll
            for (int i = 0; i < side; ++i) a[i] = tile_a[l][y + i * across], b[i] = tile_b[l][x + i * across];
#pragma unroll
            for (int i = 0; i < side; ++i)
#pragma unroll
                for (int j = 0; j < side; ++j) sums[i][j] += a[i] * b[j];
        }
        __syncthreads();  // before the next tiles overwrite these
    }

    if constexpr (Sum::b_along_k) p.dweight += chunk * chunk_results;
#pragma unroll
    for (int i = 0; i < side; ++i)
#pragma unroll
        for (int j = 0; j < side; ++j) {
            const int m = m0 + y + i * across, n = n0 + x + j * across;
            if (m < p.m && n < p.n) p.store(group, m, n, sums[i][j]);
        }
}
// [conv2d_cuda_implicit]

template <class Sum>
void run_implicit(const Sum& p, int steps, std::int64_t chunks) {
    const std::int64_t results = std::int64_t(p.s.groups) * p.m * p.n;
    const std::int64_t blocks = divide_up(p.n, tile) * divide_up(p.m, tile) * p.s.groups * chunks;
    if (results > 0) cuda::launch<implicit_kernel<Sum>>(unsigned(blocks), threads, 0, p, steps, results);
}

// [conv2d_cuda_chunks]
struct AddChunks {
    const float* parts;  // (chunks, results)
    float* dweight;      // (results)
    std::int64_t results, chunks;
    float beta;

    template <int width>
    __device__ __forceinline__ void step(std::int64_t i) const {
        float sum = parts[i];
        for (std::int64_t chunk = 1; chunk < chunks; ++chunk) sum += parts[chunk * results + i];
        dweight[i] = beta == 0 ? sum : beta * dweight[i] + sum;
    }
};
// [conv2d_cuda_chunks]

}  // namespace

void implicit(const Conv2dForward& p, Scratch&) {
    const ForwardSum sums = sums_of(p);
    run_implicit(sums, sums.k, 1);
}

void implicit(const Conv2dInputGradient& p, Scratch&) {
    const InputSum sums = sums_of(p);
    run_implicit(sums, sums.k, 1);
}

void implicit(const Conv2dWeightGradient& p, Scratch& scratch) {
    // Some blocks for each multiprocessor of a large GPU, and chunks long enough to repay their sum's way to
    // memory.
    constexpr std::int64_t enough_blocks = 512, least_steps = 256;
    WeightSum sums = sums_of(p);
    const std::int64_t blocks = divide_up(sums.n, tile) * divide_up(sums.m, tile) * sums.s.groups;
    const std::int64_t wanted =
        std::max<std::int64_t>(1, std::min(divide_up(enough_blocks, blocks), sums.k / least_steps));
    const std::int64_t steps = divide_up(divide_up(sums.k, wanted), tile_k) * tile_k;
    const std::int64_t chunks = steps == 0 ? 1 : divide_up(sums.k, steps);
    if (chunks == 1) {
        run_implicit(sums, sums.k, 1);
    } else {
        const Scratch::Frame frame(scratch);
        const std::int64_t results = p.shape.weight_size();
        float* parts = scratch.take<float>(chunks * results);
        sums.dweight = parts;
        sums.beta = 0;
        run_implicit(sums, int(steps), chunks);
        for_each_single(AddChunks{parts, p.dweight, results, chunks, p.beta}, results);
    }
    sum_channels(p);
}

}  // namespace kbk::gpu
