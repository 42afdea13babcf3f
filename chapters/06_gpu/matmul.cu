/// @file
/// Lesson 8: more work for each byte.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [matmul]
__global__ void matmul(const float* a, const float* b, float* c, int n) {
    const int row = blockIdx.y * blockDim.y + threadIdx.y;
    const int column = blockIdx.x * blockDim.x + threadIdx.x;
    float sum = 0;
    for (int k = 0; k < n; ++k) sum += a[row * n + k] * b[k * n + column];
    c[row * n + column] = sum;
}
// [matmul]

// [matmul_tiled]
__global__ void matmul_tiled(const float* a, const float* b, float* c, int n) {
    constexpr int side = matmul_tile;
    __shared__ float of_a[side][side], of_b[side][side];
    const int x = threadIdx.x, y = threadIdx.y;
    const int row = blockIdx.y * side + y, column = blockIdx.x * side + x;

    float sum = 0;
    for (int k = 0; k < n; k += side) {
        // Each thread loads one number of each tile, for all.
        of_a[y][x] = a[row * n + k + x];
        of_b[y][x] = b[(k + y) * n + column];
        __syncthreads();
        for (int l = 0; l < side; ++l) sum += of_a[y][l] * of_b[l][x];
        // Nobody may load the next tiles while others still read these.
        __syncthreads();
    }
    c[row * n + column] = sum;
}
// [matmul_tiled]

}  // namespace kbk::lesson
