// What programs ask the preprocessor.
#include <cstdio>
#include <cstdint>

#ifndef __CUDACC__
#error "compile this with nvcc"
#endif
#if !defined(__NVCC__) || __CUDACC_VER_MAJOR__ < 9 || CUDART_VERSION < 9000
#error "too old"
#endif

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 700
#error "Volta or newer"
#endif

#define UNUSED_PTX(x) asm volatile("mov.u32 %0, %%laneid;" : "=r"(x))

__host__ __device__ inline int where() {
#ifdef __CUDA_ARCH__
    return 1;
#else
    return 0;
#endif
}

__global__ void k(int* out) {
#if __CUDA_ARCH__ >= 700
    out[0] = where();
#else
    asm volatile("mov.u32 %0, %%smid;" : "=r"(out[0]));
#endif
#if 0
    tex1D<float>(0, 0);
    k<<<1, 1>>>(out);
#endif
    asm volatile("" ::: "memory");
    out[1] = warpSize + sizeof(long) * 100 + alignof(float4) * 10000;
    __align__(8) char local[8] = {1, 2, 3};
    out[2] = local[2];
}

struct __align__(16) Big { char c[16]; };
__device__ __noinline__ int slow(int x) { return x + 1; }
__device__ __forceinline__ int fast(int x) { return x - 1; }
static __inline__ __host__ __device__ int both(int x) { return 2 * x; }
extern "C" __global__ __launch_bounds__(256, 2) void named(int* __restrict__ out, const __grid_constant__ Big big) {
    #pragma unroll
    for (int i = 0; i < 4; i++) out[3 + i] = slow(fast(both(i))) + big.c[i];
    #pragma unroll 2
    for (uint32_t i = 0; i < 2u; i++) out[3] += static_cast<int>(i);
}

int main() {
    int *d, h[7];
    cudaMalloc(&d, sizeof h);
    k<<<1, 1>>>(d);
    Big big = {{1, 1, 1, 1}};
    named<<<1, 1>>>(d, big);
    cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
    for (int v : h) std::printf("%d ", v);
    std::printf("%zu %zu %zu\n", sizeof(float3), sizeof(int4), sizeof(dim3));
    cudaFree(d);
}
// expect: 1 160832 3 2 3 5 7 12 16 12
