// Pi by random points: a generator per thread, grid-stride loop, two-level sum; zero-copy host memory.
#include <iostream>
#include <iomanip>
#include <cstdint>
struct XorShift {
    uint32_t s;
    __device__ explicit XorShift(uint32_t seed) : s(seed * 2654435761u + 12345u) { for (int i = 0; i < 8; i++) next(); }
    __device__ uint32_t next() { s ^= s << 13; s ^= s >> 17; s ^= s << 5; return s; }
    __device__ float uniform() { return next() * 0x1p-32f; }
};
__global__ void count(unsigned long long* inside, int points) {
    XorShift rng(blockIdx.x * blockDim.x + threadIdx.x + 1);
    unsigned hits = 0;
    for (int i = 0; i < points; i++) { float x = rng.uniform(), y = rng.uniform(); hits += x * x + y * y <= 1.0f; }
    hits = __reduce_add_sync(0xffffffffu, hits);
    if (threadIdx.x % 32 == 0) atomicAdd(inside, (unsigned long long)hits);
}
int main() {
    unsigned long long *host, *device;
    cudaSetDeviceFlags(cudaDeviceMapHost);
    cudaHostAlloc((void**)&host, sizeof *host, cudaHostAllocMapped);
    *host = 0;
    cudaHostGetDevicePointer((void**)&device, host, 0);
    const int blocks = 16, threads = 64, points = 500;
    count<<<blocks, threads>>>(device, points);
    cudaDeviceSynchronize();
    double pi = 4.0 * *host / (double(blocks) * threads * points);
    std::cout << std::fixed << std::setprecision(1) << pi << std::endl;
    cudaFreeHost(host);
    return 0;
}
// expect: 3.1
