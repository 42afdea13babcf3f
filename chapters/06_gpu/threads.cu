/// @file
/// Lesson 1: a grid of blocks of threads.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [saxpy]
__global__ void saxpy(float a, const float* x, float* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}
// [saxpy]

// [saxpy_grid_stride]
__global__ void saxpy_grid_stride(float a, const float* x, float* y, int n) {
    const int threads = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += threads) y[i] = a * x[i] + y[i];
}
// [saxpy_grid_stride]

// [sign]
__global__ void sign(int* block, int* thread, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    block[i] = blockIdx.x;
    thread[i] = threadIdx.x;
}
// [sign]

}  // namespace kbk::lesson
