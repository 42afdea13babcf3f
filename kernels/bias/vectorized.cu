/// @file
/// bias/cuda/vectorized: four columns a thread, whose bias stays in registers for several rows.
///
/// *Change*: a thread keeps its columns and walks down the rows; each access moves a float4.
/// *Why*: the bias is read once for each eight rows, no remainder is computed, and a request moves 512 bytes.
/// Predicted: the two accesses to y are what is left, and the memory is the limit.
/// *Limits*: rows that do not all begin at a multiple of 16 bytes are taken element by element.
/// *Next*: none; a fused epilogue makes this pass vanish into the matrix product.
#include "kernels/bias/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// Rows of a thread: enough to repay the bias and the index, few enough that small layers fill the GPU.
constexpr int thread_rows = 8;

// [bias_cuda_vectorized]
// One block column of threads for each strip of rows; threads run over the columns, `width` at a time.
template <int width>
__global__ void vectorized_kernel(Bias p) {
    const std::int64_t strip = std::int64_t(blockIdx.x) * blockDim.y + threadIdx.y;
    const std::int64_t first = strip * thread_rows;
    for (std::int64_t j = std::int64_t(threadIdx.x) * width; j < p.columns; j += std::int64_t(blockDim.x) * width) {
        const auto bias = load<width>(p.bias + j);
        for (std::int64_t i = first; i < first + thread_rows && i < p.rows; ++i) {
            auto y = load<width>(p.y + i * p.columns + j);
            for (int e = 0; e < width; ++e) y.value[e] += bias.value[e];
            store(p.y + i * p.columns + j, y);
        }
    }
}
// [bias_cuda_vectorized]

}  // namespace

void vectorized(const Bias& p, Scratch&) {
    if (p.rows == 0 || p.columns == 0) return;
    const bool fours = p.columns % 4 == 0 && aligned({p.y, p.bias});

    // As many threads side by side as a row has work for, in whole warps; the others take further strips.
    const std::int64_t across = fours ? p.columns / 4 : p.columns;
    const auto x = unsigned(std::min<std::int64_t>(32 * divide_up(across, 32), block_threads));
    const dim3 block(x, block_threads / x);
    const auto blocks = unsigned(divide_up(p.rows, std::int64_t(block.y) * thread_rows));
    if (fours)
        cuda::launch<vectorized_kernel<4>>(blocks, block, 0, p);
    else
        cuda::launch<vectorized_kernel<1>>(blocks, block, 0, p);
}

}  // namespace kbk::gpu
