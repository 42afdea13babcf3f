// The reduction of the lectures: a template per block size, sequential addressing, the last warp by itself.
#include <cstdio>
#include <vector>

template <unsigned int blockSize>
__device__ void warpReduce(volatile int *sdata, unsigned int tid) {
    if (blockSize >= 64) { sdata[tid] += sdata[tid + 32]; __syncwarp(); }
    int v = sdata[tid];
    for (int offset = 16; offset > 0; offset >>= 1) v += __shfl_down_sync(0xffffffff, v, offset);
    if (tid == 0) sdata[0] = v;
}

template <unsigned int blockSize>
__global__ void reduce6(int *g_idata, int *g_odata, unsigned int n) {
    extern __shared__ int sdata[];
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * (blockSize * 2) + tid;
    unsigned int gridSize = blockSize * 2 * gridDim.x;
    sdata[tid] = 0;
    while (i < n) {
        sdata[tid] += g_idata[i] + (i + blockSize < n ? g_idata[i + blockSize] : 0);
        i += gridSize;
    }
    __syncthreads();
    if (blockSize >= 512) { if (tid < 256) { sdata[tid] += sdata[tid + 256]; } __syncthreads(); }
    if (blockSize >= 256) { if (tid < 128) { sdata[tid] += sdata[tid + 128]; } __syncthreads(); }
    if (blockSize >= 128) { if (tid < 64) { sdata[tid] += sdata[tid + 64]; } __syncthreads(); }
    if (tid < 32) warpReduce<blockSize>(sdata, tid);
    if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}

int main() {
    const unsigned n = 100003;
    std::vector<int> h(n);
    long long want = 0;
    for (unsigned i = 0; i < n; ++i) want += h[i] = (i * 37) % 101 - 50;
    int *d_in, *d_out;
    cudaMalloc(&d_in, n * sizeof(int));
    cudaMalloc(&d_out, 64 * sizeof(int));
    cudaMemcpy(d_in, h.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    for (int threads = 512; threads >= 64; threads /= 2) {
        dim3 dimGrid(64, 1, 1), dimBlock(threads, 1, 1);
        int smemSize = threads * sizeof(int);
        switch (threads) {
            case 512: reduce6<512><<< dimGrid, dimBlock, smemSize >>>(d_in, d_out, n); break;
            case 256: reduce6<256><<< dimGrid, dimBlock, smemSize >>>(d_in, d_out, n); break;
            case 128: reduce6<128><<< dimGrid, dimBlock, smemSize >>>(d_in, d_out, n); break;
            case 64:  reduce6< 64><<< dimGrid, dimBlock, smemSize >>>(d_in, d_out, n); break;
        }
        int partial[64];
        cudaMemcpy(partial, d_out, sizeof(partial), cudaMemcpyDeviceToHost);
        long long got = 0;
        for (int p : partial) got += p;
        std::printf("%d threads: %s\n", threads, got == want ? "right" : "WRONG");
    }
    cudaFree(d_in);
    cudaFree(d_out);
}
// expect: 512 threads: right
// expect: 256 threads: right
// expect: 128 threads: right
// expect: 64 threads: right
