#include "chapters/06_gpu/exercises/guard.cuh"

namespace kbk::puzzle {

__global__ void guard(const float* x, float* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = x[i] + 10;
}

}  // namespace kbk::puzzle
