/// @file
/// bias_gradient/cuda/two_stage: the rows are shared out among blocks too.
///
/// *Change*: a first launch sums strips of rows, a second one sums the strips.
/// *Why*: tall matrices of few columns now occupy the whole GPU. Two launches replace the atomic additions that
/// would do it in one: those add in an order that changes from run to run, and with it the last bits. Predicted:
/// the memory's speed for tall matrices; what the second launch reads is less than a hundredth of the first's.
/// *Limits*: matrices of few rows are left to the tiled rung, in one launch; the strips depend on the sizes alone, so
/// that all GPUs give the same bits, not on the GPU at hand.
/// *Next*: none.
#include "kernels/bias/column_sums.cuh"
#include "kernels/bias/rungs.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

namespace {

// Rows that repay the second launch, and rows of a strip: at least 16 for each of the block's warps, and so many that
// at most 64 strips are left to sum.
constexpr std::int64_t many_rows = 2048, least_rows = 128, most_strips = 64;

// [bias_gradient_cuda_two_stage]
// sums: (strips, columns), or the gradient itself where there is one strip; rows begin at multiples of `height`.
__global__ void gradient_strips_kernel(BiasGradient p, float* sums, std::int64_t height, float beta) {
    const std::int64_t j = std::int64_t(blockIdx.x) * tile_columns + threadIdx.x;
    const std::int64_t begin = blockIdx.y * height, end = begin + height < p.rows ? begin + height : p.rows;
    const float sum = column_sum(p.dy, p.columns, j, begin, end);
    if (threadIdx.y == 0 && j < p.columns) {
        float& result = sums[blockIdx.y * p.columns + j];
        result = beta == 0 ? sum : beta * result + sum;
    }
}

void two_stage(const BiasGradient& p, Scratch& scratch, std::int64_t strips, std::int64_t height) {
    const auto across = unsigned(divide_up(p.columns, tile_columns));
    const dim3 block(tile_columns, tile_rows);
    const Scratch::Frame frame(scratch);
    float* sums = scratch.take<float>(strips * p.columns);
    cuda::launch<gradient_strips_kernel>(dim3(across, unsigned(strips)), block, 0, p, sums, height, 0.0f);

    // The sums of the strips are a matrix whose columns are to be added: the same problem again.
    BiasGradient rest = p;
    rest.dy = sums;
    rest.rows = strips;
    cuda::launch<gradient_strips_kernel>(across, block, 0, rest, p.gradient, strips, p.beta);
}
// [bias_gradient_cuda_two_stage]

}  // namespace

void two_stage(const BiasGradient& p, Scratch& scratch) {
    if (p.columns == 0) return;
    if (p.rows < many_rows) return tiled(p, scratch);
    const std::int64_t height = std::max(least_rows, divide_up(p.rows, most_strips));
    two_stage(p, scratch, divide_up(p.rows, height), height);
}

}  // namespace kbk::gpu
