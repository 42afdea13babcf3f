// Kernels through the API: cudaLaunchKernel, attributes, occupancy, host functions in streams.
#include <cstdio>
#include <cuda_runtime_api.h>

template <class T> __global__ void axpy(T a, const T* x, T* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] += a * x[i];
}
__global__ void stat(float* out) {
    __shared__ float s[256];
    s[threadIdx.x % 256] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = s[threadIdx.x % 256];
}

int calls = 0;
void CUDART_CB done(cudaStream_t, cudaError_t status, void* data) { calls += status == cudaSuccess ? *(int*)data : 1000; }
void host_function(void* data) { calls += *(int*)data; }

int main() {
    const int n = 1000;
    float *x, *y, h[n];
    cudaMalloc(&x, sizeof h); cudaMalloc(&y, sizeof h);
    for (int i = 0; i < n; i++) h[i] = i;
    cudaMemcpy(x, h, sizeof h, cudaMemcpyHostToDevice);
    cudaMemset(y, 0, sizeof h);
    float a = 3;
    int count = n;
    void* arguments[] = {&a, &x, &y, &count};
    cudaError_t e = cudaLaunchKernel((void*)axpy<float>, dim3(8), dim3(128), arguments, 0, 0);
    if (e == cudaSuccess) e = cudaLaunchKernel((const void*)&axpy<float>, 8, 128, arguments, 0, nullptr);
    cudaMemcpy(h, y, sizeof h, cudaMemcpyDeviceToHost);
    printf("%s %g %g\n", cudaGetErrorName(e), h[1], h[999]);

    cudaFuncAttributes attr;
    cudaFuncGetAttributes(&attr, stat);
    printf("%zu bytes of shared memory, %d threads\n", attr.sharedSizeBytes, attr.maxThreadsPerBlock);
    int blocks = 0, minGrid = 0, best = 0;
    cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, stat, 256, 0);
    cudaOccupancyMaxPotentialBlockSize(&minGrid, &best, axpy<float>, 0, 0);
    printf("%d blocks; block size %s\n", blocks, best >= 256 && best % 32 == 0 && minGrid > 0 ? "fits" : "WRONG");
    stat<<<1, min(best, n)>>>(y);

    cudaStream_t s;
    cudaStreamCreateWithPriority(&s, cudaStreamNonBlocking, 0);
    int one = 1, ten = 10;
    cudaStreamAddCallback(s, done, &one, 0);
    cudaLaunchHostFunc(s, host_function, &ten);
    cudaStreamSynchronize(s);
    printf("%d\n", calls);
    cudaPointerAttributes pa;
    cudaPointerGetAttributes(&pa, x);
    printf("%d %d\n", pa.type == cudaMemoryTypeDevice, pa.device);
    cudaStreamDestroy(s); cudaFree(x); cudaFree(y);
    return cudaGetLastError();
}
// expect: cudaSuccess 6 5994
// expect: 1024 bytes of shared memory, 1024 threads
// expect: 8 blocks; block size fits
// expect: 11
// expect: 1 0
