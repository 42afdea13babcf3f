/// @file
/// One mistake each, for the checker to find.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [no_guard]
__global__ void no_guard(float a, const float* x, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = a * x[i] + y[i];
}
// [no_guard]

// [no_barrier]
__global__ void no_barrier(const float* x, float* y) {
    __shared__ float s[256];
    const int t = threadIdx.x, first = blockIdx.x * 256;
    s[t] = x[first + t];
    y[first + t] = t > 0 ? s[t] - s[t - 1] : s[t];
}
// [no_barrier]

__global__ void barrier_in_branch(const float* x, float* part) {
    __shared__ float s[sum_block];
    const int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    // [barrier_in_branch]
    for (int half = sum_block / 2; half > 0; half /= 2) {
        if (t < half) {
            s[t] += s[t + half];
            __syncthreads();
        }
    }
    // [barrier_in_branch]
    if (t == 0) part[0] = s[0];
}

// [no_atomic]
__global__ void no_atomic(const float* x, float* total) {
    *total += x[blockIdx.x * blockDim.x + threadIdx.x];
}
// [no_atomic]

__global__ void no_margin(const float* x, float* y) {
    // [no_margin]
    __shared__ float tile[blur_block + 2 * blur_radius];
    const int first = blockIdx.x * blur_block;
    tile[threadIdx.x] = x[first + threadIdx.x];
    __syncthreads();
    // [no_margin]
    float sum = 0;
    for (int k = 0; k <= 2 * blur_radius; ++k) sum += tile[threadIdx.x + k];
    y[first + threadIdx.x] = sum / (2 * blur_radius + 1);
}

// [odd_float4]
__global__ void odd_float4(const float* x, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    reinterpret_cast<float4*>(y)[i] = *reinterpret_cast<const float4*>(x + 1 + 4 * i);
}
// [odd_float4]

// [no_syncwarp]
__global__ void no_syncwarp(const float* x, float* sum) {
    __shared__ float s[32];
    const int lane = threadIdx.x;
    s[lane] = x[lane];
    __syncwarp();
    for (int half = 16; half > 0; half /= 2)
        if (lane < half) s[lane] += s[lane + half];
    if (lane == 0) *sum = s[0];
}
// [no_syncwarp]

// [half_shuffle]
__global__ void half_shuffle(const float* x, float* y) {
    const int lane = threadIdx.x;
    float value = x[lane];
    if (lane < 16) value += __shfl_xor_sync(0xffffffffu, value, 1);
    __syncthreads();
    y[lane] = value;
}
// [half_shuffle]

__global__ void one_barrier(const float* a, const float* b, float* c, int n) {
    constexpr int side = matmul_tile;
    __shared__ float of_a[side][side], of_b[side][side];
    const int x = threadIdx.x, y = threadIdx.y;
    float sum = 0;
    for (int k = 0; k < n; k += side) {
        of_a[y][x] = a[y * n + k + x];
        of_b[y][x] = b[(k + y) * n + x];
        __syncthreads();
        for (int l = 0; l < side; ++l) sum += of_a[y][l] * of_b[l][x];
    }
    c[y * n + x] = sum;
}

}  // namespace kbk::lesson
