/// @file
/// Lesson 2: warps and lanes.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [choose_by_lane]
__global__ void choose_by_lane(const float* a, const float* b, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value;
    if (threadIdx.x % 2 == 0)
        value = a[i];
    else
        value = b[i];
    y[i] = value;
}
// [choose_by_lane]

__global__ void choose_by_warp(const float* a, const float* b, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value;
    // [choose_by_warp]
    if (threadIdx.x / 32 % 2 == 0)
        // [choose_by_warp]
        value = a[i];
    else
        value = b[i];
    y[i] = value;
}

// [sum_ragged]
__global__ void sum_ragged(const float* x, const int* begin, float* sum, int rows) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const int end = begin[row + 1];
    float s = 0;
    for (int i = begin[row]; i < end; ++i) s += x[i];
    sum[row] = s;
}
// [sum_ragged]

}  // namespace kbk::lesson
