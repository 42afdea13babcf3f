// The device's properties, for --arch sm_90.
#include <cstdio>
int main() {
    cudaDeviceProp p;
    int value, driver, runtime;
    size_t free, total;
    cudaGetDeviceProperties(&p, 0);
    printf("%s: compute %d.%d, %d SMs, %zu bytes\n", p.name, p.major, p.minor, p.multiProcessorCount, p.totalGlobalMem >> 30);
    printf("%zu %zu %zu %d %d %d\n", p.sharedMemPerBlock, p.sharedMemPerBlockOptin, p.sharedMemPerMultiprocessor, p.maxThreadsPerBlock,
           p.maxThreadsPerMultiProcessor, p.warpSize);
    cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0);
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    cudaMemGetInfo(&free, &total);
    printf("%d %d %s\n", value, driver >= runtime, free <= total && free > 0 ? "memory" : "none");
#if CUDART_VERSION < 13000
    printf("%.0f GB/s\n", 2.0 * p.memoryClockRate * (p.memoryBusWidth / 8) / 1.0e6);
#endif
}
// options: --arch sm_90
// expect: NVIDIA H100 80GB HBM3 (emulated): compute 9.0, 132 SMs, 80 bytes
// expect: 49152 232448 233472 1024 2048 32
// expect: 232448 1 memory
// expect: 3352 GB/s
