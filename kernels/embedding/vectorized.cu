/// @file
/// embedding/cuda/vectorized: a warp for each row, four elements a lane and step.
///
/// *Change*: a warp finds its row's place once, then copies float4 by float4.
/// *Why*: the remainder and the token are paid for once a row, and a request moves 512 bytes. Predicted: near the
/// memory's speed for rows of some hundreds.
/// *Limits*: rows of fewer than 128 elements leave lanes idle; widths that are no multiple of four go one by one.
/// *Next*: none.
#include "kernels/elementwise.cuh"
#include "kernels/embedding/rungs.hpp"

namespace kbk::gpu {

namespace {

// [embedding_cuda_vectorized]
template <int width>
__global__ void vectorized_kernel(EmbeddingForward p) {
    const std::int64_t i = global_thread() / warpSize;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const float* row = p.table + p.tokens[i] * p.width;
    const float* place = p.positions ? p.positions + i % p.time * p.width : nullptr;
    for (std::int64_t j = lane * width; j < p.width; j += warpSize * width) {
        auto value = load<width>(row + j);
        if (place) {
            const auto added = load<width>(place + j);
            for (int e = 0; e < width; ++e) value.value[e] += added.value[e];
        }
        store(p.y + i * p.width + j, value);
    }
}
// [embedding_cuda_vectorized]

}  // namespace

void vectorized(const EmbeddingForward& p, Scratch&) {
    if (p.rows * p.width == 0) return;
    const bool four = p.width % 4 == 0 && aligned({p.table, p.positions, p.y});
    const unsigned blocks = blocks_for(p.rows * 32);
    if (four)
        cuda::launch<vectorized_kernel<4>>(blocks, block_threads, 0, p);
    else
        cuda::launch<vectorized_kernel<1>>(blocks, block_threads, 0, p);
}

}  // namespace kbk::gpu
