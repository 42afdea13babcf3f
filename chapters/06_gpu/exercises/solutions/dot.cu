#include "chapters/06_gpu/exercises/dot.cuh"

namespace kbk::puzzle {

__global__ void dot(const float* x, const float* y, float* out, int n) {
    __shared__ float of_warp[8];
    const int t = threadIdx.x;
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) sum += x[i] * y[i];
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    if (t % 32 == 0) of_warp[t / 32] = sum;
    __syncthreads();
    if (t == 0) {
        for (int w = 1; w < 8; ++w) sum += of_warp[w];
        atomicAdd(out, sum);
    }
}

}  // namespace kbk::puzzle
