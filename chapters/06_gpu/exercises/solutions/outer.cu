#include "chapters/06_gpu/exercises/outer.cuh"

namespace kbk::puzzle {

__global__ void outer(const float* row, const float* column, float* out, int rows, int columns) {
    const int i = blockIdx.y * blockDim.y + threadIdx.y;
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows && j < columns) out[i * columns + j] = row[i] + column[j];
}

}  // namespace kbk::puzzle
