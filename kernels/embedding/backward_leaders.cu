/// @file
/// embedding_backward/cuda/leaders: the first row of each token collects the others.
///
/// *Change*: a warp for each row and strip of 128 columns. It looks whether its token came before; if so it leaves. Else
/// it goes on through the tokens, and adds the rows of all that are the same.
/// *Why*: each row of the table has one owner, who adds in the order of the tokens, so the bits do not change from run
/// to run, as they would with atomic additions. Thirty-two tokens are compared at once, and a ballot says which lanes
/// found one. Predicted: tens of times naive for texts of thousands of tokens.
/// *Limits*: comparisons grow with the square of the rows, at 32 an instruction; a token that is half of the text
/// keeps one warp a strip long.
/// *Next*: none.
#include "kernels/embedding/rungs.hpp"
#include "kernels/embedding/scaled.cuh"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

namespace {

constexpr int strip_parts = 4;  // columns of a lane: 32 apart, so that a warp reads 128 bytes at a time

// [embedding_backward_cuda_leaders]
__global__ void leaders_kernel(EmbeddingBackward p) {
    const std::int64_t i = global_thread() / warpSize;
    const int lane = int(threadIdx.x) % warpSize;
    if (i >= p.rows) return;  // a whole warp together
    const std::int32_t token = p.tokens[i];
    for (std::int64_t k = 0; k < i; k += warpSize)
        if (__ballot_sync(full_warp, k + lane < i && p.tokens[k + lane < i ? k + lane : i] == token)) return;

    // Nobody came before: this warp owns the token's row.
    const std::int64_t first = std::int64_t(blockIdx.y) * warpSize * strip_parts + lane;
    float sums[strip_parts] = {};
    for (std::int64_t k = i - i % warpSize; k < p.rows; k += warpSize) {  // tokens are read from whole sectors on
        const std::int64_t at = k + lane;
        unsigned same = __ballot_sync(full_warp, p.tokens[at < p.rows ? at : i] == token && at >= i && at < p.rows);
        for (; same; same &= same - 1) {
            const float* dy = p.dy + (k + __ffs(int(same)) - 1) * p.width;
            for (int part = 0; part < strip_parts; ++part)
                if (first + part * warpSize < p.width) sums[part] += dy[first + part * warpSize];
        }
    }
    float* gradient = p.gradient + token * p.width;
    for (int part = 0; part < strip_parts; ++part)
        if (first + part * warpSize < p.width) gradient[first + part * warpSize] += sums[part];
}
// [embedding_backward_cuda_leaders]

}  // namespace

void leaders(const EmbeddingBackward& p, Scratch&) {
    scale_old(p);
    const auto strips = unsigned(divide_up(p.width, 32 * strip_parts));
    if (p.rows * p.width > 0)
        cuda::launch<leaders_kernel>(dim3(blocks_for(p.rows * 32), strips), block_threads, 0, p);
}

}  // namespace kbk::gpu
