#include "chapters/06_gpu/exercises/transpose.cuh"

namespace kbk::puzzle {

__global__ void transpose(const float* x, float* out, int rows, int columns) {
    __shared__ float tile[32][33];
    const int across = blockIdx.x * 32, down = blockIdx.y * 32;
    for (int j = threadIdx.y; j < 32; j += 8)
        tile[j][threadIdx.x] = x[(down + j) * columns + across + threadIdx.x];
    __syncthreads();
    for (int j = threadIdx.y; j < 32; j += 8)
        out[(across + j) * rows + down + threadIdx.x] = tile[threadIdx.x][j];
}

}  // namespace kbk::puzzle
