/// @file
/// Lesson 3: a warp asks global memory.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [copy_down]
__global__ void copy_down(const float* x, float* y, int n) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    const int column = blockIdx.y * blockDim.y + threadIdx.y;
    if (row < n && column < n) y[row * n + column] = x[row * n + column];
}
// [copy_down]

// [copy_across]
__global__ void copy_across(const float* x, float* y, int n) {
    const int row = blockIdx.y * blockDim.y + threadIdx.y;
    const int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n && column < n) y[row * n + column] = x[row * n + column];
}
// [copy_across]

// [gather]
__global__ void gather(const float* x, float* y, int stride, int offset) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = x[i * stride + offset];
}
// [gather]

// [copy_float4]
__global__ void copy_float4(const float* x, float* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n / 4) reinterpret_cast<float4*>(y)[i] = reinterpret_cast<const float4*>(x)[i];
}
// [copy_float4]

}  // namespace kbk::lesson
