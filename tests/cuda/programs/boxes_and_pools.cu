// Memory of rarer kinds: registered host memory, boxes of pitched memory, the device's pool; and what a program asks of
// devices and occupancy beyond the usual.
#include <cstdio>
#include <cstdlib>

__global__ void twice(int* x) { x[threadIdx.x] *= 2; }
__global__ void number(cudaPitchedPtr box, cudaExtent size) {
    for (size_t z = 0; z < size.depth; ++z)
        for (size_t y = 0; y < size.height; ++y) {
            float* row = (float*)((char*)box.ptr + (z * size.height + y) * box.pitch);
            for (size_t x = 0; x < size.width / sizeof(float); ++x) row[x] = 100 * z + 10 * y + x;
        }
}

int main() {
    int *mine = (int*)malloc(64 * sizeof(int)), *seen;
    for (int i = 0; i < 64; ++i) mine[i] = i;
    cudaHostRegister(mine, 64 * sizeof(int), cudaHostRegisterMapped);
    cudaHostGetDevicePointer((void**)&seen, mine, 0);
    twice<<<1, 64>>>(seen);
    cudaDeviceSynchronize();
    cudaPointerAttributes what;
    cudaPointerGetAttributes(&what, mine);
    printf("%d %d %d\n", mine[63], what.type == cudaMemoryTypeHost, cudaHostUnregister(mine) == cudaSuccess);
    free(mine);

    const cudaExtent size = make_cudaExtent(5 * sizeof(float), 4, 3);
    cudaPitchedPtr box;
    cudaMalloc3D(&box, size);
    cudaMemset3D(box, 0, size);
    number<<<1, 1>>>(box, size);
    float host[3][4][5] = {};
    cudaMemcpy3DParms copy = {0};
    copy.srcPtr = box;
    copy.dstPtr = make_cudaPitchedPtr(host, 5 * sizeof(float), 5, 4);
    copy.extent = size;
    copy.kind = cudaMemcpyDeviceToHost;
    cudaMemcpy3D(&copy);
    printf("%g %g\n", host[2][3][4], host[1][0][2]);

    cudaMemPool_t pool;
    unsigned long long threshold = ~0ull;
    cudaDeviceGetDefaultMemPool(&pool, 0);
    cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold);
    cudaMallocAsync((void**)&seen, 256, 0);
    cudaMemsetAsync(seen, 0, 256, 0);
    cudaFreeAsync(seen, 0);

    int value = -1, grid = 0, block = 0;
    size_t shared = 0;
    cudaDeviceGetAttribute(&value, cudaDevAttrTccDriver, 0);
    cudaOccupancyMaxPotentialBlockSizeWithFlags(&grid, &block, twice, 0, 0, cudaOccupancyDefault);
    cudaOccupancyAvailableDynamicSMemPerBlock(&shared, twice, 2, 128);
    printf("%d %d %d, %s\n", value, grid > 0 && block > 0, shared > 48 << 10, cudaGetErrorString(cudaGetLastError()));
}
// expect: 126 1 1
// expect: 234 102
// expect: 0 1 1, no error
