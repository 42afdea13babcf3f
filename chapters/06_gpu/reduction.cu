/// @file
/// Lesson 6: many numbers become one.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [sum_atomic]
__global__ void sum_atomic(const float* x, float* total, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(total, x[i]);
}
// [sum_atomic]

// [sum_interleaved]
__global__ void sum_interleaved(const float* x, float* part) {
    __shared__ float s[sum_block];
    const int t = threadIdx.x;
    s[t] = x[blockIdx.x * sum_block + t];
    __syncthreads();

    for (int distance = 1; distance < sum_block; distance *= 2) {
        if (t % (2 * distance) == 0) s[t] += s[t + distance];
        __syncthreads();
    }
    if (t == 0) part[blockIdx.x] = s[0];
}
// [sum_interleaved]

__global__ void sum_folded(const float* x, float* part) {
    __shared__ float s[sum_block];
    const int t = threadIdx.x;
    s[t] = x[blockIdx.x * sum_block + t];
    __syncthreads();

    // [sum_folded]
    for (int half = sum_block / 2; half > 0; half /= 2) {
        if (t < half) s[t] += s[t + half];
        __syncthreads();
    }
    // [sum_folded]
    if (t == 0) part[blockIdx.x] = s[0];
}

// [warp_sum]
// The sum over a warp, in every lane: partners at distance 16, 8, 4, 2, 1 exchange what they have.
__device__ __forceinline__ float warp_sum(float v) {
    for (int distance = 16; distance > 0; distance /= 2) v += __shfl_xor_sync(0xffffffffu, v, distance);
    return v;
}
// [warp_sum]

// [sum_shuffled]
__global__ void sum_shuffled(const float* x, float* part, int n) {
    __shared__ float of_warp[sum_block / 32];
    const int t = threadIdx.x;

    // Many numbers a thread, in a register; then one number a warp; then one a block.
    float s = 0;
    for (int i = blockIdx.x * sum_block + t; i < n; i += gridDim.x * sum_block) s += x[i];
    s = warp_sum(s);
    if (t % 32 == 0) of_warp[t / 32] = s;
    __syncthreads();

    if (t < 32) {
        s = warp_sum(t < sum_block / 32 ? of_warp[t] : 0.0f);
        if (t == 0) part[blockIdx.x] = s;
    }
}
// [sum_shuffled]

}  // namespace kbk::lesson
