// Atomics: a lock, a maximum of floats by compare-and-swap, wrap-around counters, the last block finishes the sum.
#include <cstdio>
#include <cfloat>

__device__ float atomicMaxFloat(float* address, float val) {
    int* address_as_int = (int*)address;
    int old = *address_as_int, assumed;
    do {
        assumed = old;
        old = atomicCAS(address_as_int, assumed, __float_as_int(fmaxf(val, __int_as_float(assumed))));
    } while (assumed != old);
    return __int_as_float(old);
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 600
#else
__device__ double atomicAdd(double* address, double val) {
    unsigned long long int* a = (unsigned long long int*)address;
    unsigned long long int old = *a, assumed;
    do { assumed = old; old = atomicCAS(a, assumed, __double_as_longlong(val + __longlong_as_double(assumed))); } while (assumed != old);
    return __longlong_as_double(old);
}
#endif

struct Lock {
    int* mutex;
    __device__ void lock() { while (atomicCAS(mutex, 0, 1) != 0) ; __threadfence(); }
    __device__ void unlock() { __threadfence(); atomicExch(mutex, 0); }
};

__global__ void all(const float* x, int n, float* most, double* sum, int* least, unsigned* bits, unsigned* wheel, unsigned long long* big) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    atomicMaxFloat(most, x[i]);
    atomicAdd(sum, (double)x[i]);
    atomicMin(least, (int)x[i]);
    atomicOr(bits, 1u << (i % 32));
    atomicInc(wheel, 9);
    atomicAdd(big, 1ull << 33);
}

__global__ void locked(Lock lock, int* total) {
    if (threadIdx.x == 0) {
        lock.lock();
        *(volatile int*)total = *(volatile int*)total + blockIdx.x;
        lock.unlock();
    }
}

__device__ unsigned int count = 0;
__global__ void sum(const int* x, volatile int* partial, int* result, int n) {
    __shared__ bool isLastBlockDone;
    __shared__ int block_sum;
    if (threadIdx.x == 0) block_sum = 0;
    __syncthreads();
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&block_sum, x[i]);
    __syncthreads();
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = block_sum;
        __threadfence();
        unsigned int value = atomicInc(&count, gridDim.x);
        isLastBlockDone = (value == (gridDim.x - 1));
    }
    __syncthreads();
    if (isLastBlockDone && threadIdx.x == 0) {
        int total = 0;
        for (int b = 0; b < gridDim.x; b++) total += partial[b];
        *result = total;
        count = 0;
    }
}

template <class T> T* upload(const T* host, int n) {
    T* d;
    cudaMalloc(&d, n * sizeof(T));
    cudaMemcpy(d, host, n * sizeof(T), cudaMemcpyHostToDevice);
    return d;
}
template <class T> T download(T* d) {
    T h;
    cudaMemcpy(&h, d, sizeof(T), cudaMemcpyDeviceToHost);
    cudaFree(d);
    return h;
}

int main() {
    const int n = 1000;
    float x[n], low = -FLT_MAX;
    int ix[n], zero = 0, big = 1 << 30;
    unsigned none = 0;
    unsigned long long nothing = 0;
    double dzero = 0;
    for (int i = 0; i < n; i++) { x[i] = (i * 7919) % 1009 - 500.25f; ix[i] = i; }
    float *dx = upload(x, n), *most = upload(&low, 1);
    double* s = upload(&dzero, 1);
    int* least = upload(&big, 1);
    unsigned *bits = upload(&none, 1), *wheel = upload(&none, 1);
    unsigned long long* wide = upload(&nothing, 1);
    all<<<8, 128>>>(dx, n, most, s, least, bits, wheel, wide);
    printf("%g %.2f", download(most), download(s));
    printf(" %d %x %u %llu\n", download(least), download(bits), download(wheel), download(wide) >> 33);
    Lock lock{upload(&zero, 1)};
    int* total = upload(&zero, 1);
    locked<<<100, 32>>>(lock, total);
    printf("%d\n", download(total));
    int *di = upload(ix, n), *partial, *result = upload(&zero, 1);
    cudaMalloc((void**)&partial, 8 * sizeof(int));
    sum<<<8, 128>>>(di, partial, result, n);
    printf("%d\n", download(result));
    cudaFree(lock.mutex); cudaFree(dx); cudaFree(di); cudaFree(partial);
    return cudaDeviceSynchronize();
}
// expect: 507.75 4428.00 -500 ffffffff 0 1000
// expect: 4950
// expect: 499500
