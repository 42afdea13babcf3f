#include "chapters/06_gpu/exercises/matmul.cuh"

namespace kbk::puzzle {

__global__ void matmul(const float* a, const float* b, float* out, int m, int n, int k) {
    __shared__ float of_a[16][16], of_b[16][16];
    const int x = threadIdx.x, y = threadIdx.y;
    const int row = blockIdx.y * 16 + y, column = blockIdx.x * 16 + x;
    float sum = 0;
    for (int l = 0; l < k; l += 16) {
        of_a[y][x] = row < m && l + x < k ? a[row * k + l + x] : 0;
        of_b[y][x] = l + y < k && column < n ? b[(l + y) * n + column] : 0;
        __syncthreads();
        for (int i = 0; i < 16; ++i) sum += of_a[y][i] * of_b[i][x];
        __syncthreads();
    }
    // Threads beyond the edge worked on the tiles; they have nothing to write.
    if (row < m && column < n) out[row * n + column] = sum;
}

}  // namespace kbk::puzzle
