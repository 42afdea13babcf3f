// Copies to shared memory ahead of their use: double buffering with pipeline primitives, and memcpy_async of groups.
#include <cuda_pipeline.h>
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cstdio>
namespace cg = cooperative_groups;

__global__ void staged(const float4* in, float4* out, int tiles) {
    __shared__ float4 buffer[2][32];
    int t = threadIdx.x;
    __pipeline_memcpy_async(&buffer[0][t], &in[t], sizeof(float4));
    __pipeline_commit();
    for (int i = 0; i < tiles; i++) {
        if (i + 1 < tiles) __pipeline_memcpy_async(&buffer[(i + 1) % 2][t], &in[(i + 1) * 32 + t], sizeof(float4));
        __pipeline_commit();
        __pipeline_wait_prior(1);
        __syncthreads();
        float4 v = buffer[i % 2][31 - t];
        out[i * 32 + t] = make_float4(v.w, v.z, v.y, v.x);
        __syncthreads();
    }
}

__global__ void grouped(const int* in, int* out, int n) {
    extern __shared__ int stage[];
    auto block = cg::this_thread_block();
    cg::memcpy_async(block, stage, in + blockIdx.x * n, sizeof(int) * n);
    cg::wait(block);
    for (int i = block.thread_rank(); i < n; i += block.size()) out[blockIdx.x * n + i] = stage[n - 1 - i];
}

int main() {
    float h[512];
    int k[512];
    float4 *in, *out;
    for (int i = 0; i < 512; i++) { h[i] = i; k[i] = i; }
    cudaMalloc(&in, sizeof h); cudaMalloc(&out, sizeof h);
    cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
    staged<<<1, 32>>>(in, out, 4);
    cudaMemcpy(h, out, sizeof h, cudaMemcpyDeviceToHost);
    printf("%g %g %g\n", h[0], h[127], h[511]);
    cudaMemcpy(in, k, sizeof k, cudaMemcpyHostToDevice);
    grouped<<<4, 48, 128 * sizeof(int)>>>((int*)in, (int*)out, 128);
    cudaMemcpy(k, out, sizeof k, cudaMemcpyDeviceToHost);
    printf("%d %d %d\n", k[0], k[127], k[511]);
    cudaFree(in); cudaFree(out);
}
// expect: 127 0 384
// expect: 127 0 384
