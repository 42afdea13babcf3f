#include "scale.cuh"
__global__ void scale_kernel(float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] = add_one(x[i]) * FACTOR - FACTOR;
}
void scale(float* x, int n) { scale_kernel<<<(n + 7) / 8, 8>>>(x, n); }
