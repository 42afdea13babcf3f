#include "chapters/06_gpu/exercises/histogram.cuh"

namespace kbk::puzzle {

__global__ void histogram(const int* value, int* out, int n) {
    __shared__ int count[64];
    if (threadIdx.x < 64) count[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        atomicAdd(&count[value[i]], 1);
    __syncthreads();
    if (threadIdx.x < 64) atomicAdd(&out[threadIdx.x], count[threadIdx.x]);
}

}  // namespace kbk::puzzle
