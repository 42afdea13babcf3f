#include "chapters/06_gpu/exercises/warp_sum.cuh"

namespace kbk::puzzle {

__global__ void warp_sum(const float* x, float* out, int rows, int columns) {
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    // A whole warp leaves or stays: the shuffles below need all of its lanes.
    if (row >= rows) return;
    float sum = 0;
    for (int j = lane; j < columns; j += 32) sum += x[row * columns + j];
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    if (lane == 0) out[row] = sum;
}

}  // namespace kbk::puzzle
