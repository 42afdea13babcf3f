#include "chapters/06_gpu/exercises/softmax.cuh"

namespace kbk::puzzle {

// Bring the numbers of a block's 128 threads together; every thread receives the result.
template <class Combine>
__device__ __forceinline__ float block_reduce(float value, Combine combine) {
    __shared__ float of_warp[4];
    for (int distance = 16; distance > 0; distance /= 2)
        value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
    __syncthreads();
    const float result = combine(combine(of_warp[0], of_warp[1]), combine(of_warp[2], of_warp[3]));
    // The next reduction may write to the same array.
    __syncthreads();
    return result;
}

__global__ void softmax(const float* x, float* out, int columns) {
    const int t = threadIdx.x;
    const float* row = x + blockIdx.x * columns;

    // A thread keeps its numbers t, t + 128, t + 256, t + 384.
    float mine[4], largest = -INFINITY, sum = 0;
    for (int k = 0; k < 4; ++k) {
        mine[k] = t + 128 * k < columns ? row[t + 128 * k] : -INFINITY;
        largest = fmaxf(largest, mine[k]);
    }
    largest = block_reduce(largest, [](float a, float b) { return fmaxf(a, b); });
    for (int k = 0; k < 4; ++k) {
        mine[k] = expf(mine[k] - largest);
        sum += mine[k];
    }
    sum = block_reduce(sum, [](float a, float b) { return a + b; });
    for (int k = 0; k < 4; ++k)
        if (t + 128 * k < columns) out[blockIdx.x * columns + t + 128 * k] = mine[k] / sum;
}

}  // namespace kbk::puzzle
