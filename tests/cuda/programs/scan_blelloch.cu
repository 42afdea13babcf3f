// Exclusive scan of any length: work-efficient within blocks, block sums scanned recursively, then added.
#include <stdio.h>
#include <stdlib.h>

#define LOG_NUM_BANKS 5
#define CONFLICT_FREE_OFFSET(n) ((n) >> LOG_NUM_BANKS)

__global__ void prescan(int *g_odata, const int *g_idata, int *sums, int n)
{
    extern __shared__ int temp[];
    const int B = 2 * blockDim.x;
    int thid = threadIdx.x, offset = 1, base = blockIdx.x * B;
    int ai = thid, bi = thid + B / 2;
    int bankOffsetA = CONFLICT_FREE_OFFSET(ai), bankOffsetB = CONFLICT_FREE_OFFSET(bi);
    temp[ai + bankOffsetA] = base + ai < n ? g_idata[base + ai] : 0;
    temp[bi + bankOffsetB] = base + bi < n ? g_idata[base + bi] : 0;
    for (int d = B >> 1; d > 0; d >>= 1)
    {
        __syncthreads();
        if (thid < d)
        {
            int ai = offset * (2 * thid + 1) - 1, bi = offset * (2 * thid + 2) - 1;
            ai += CONFLICT_FREE_OFFSET(ai);
            bi += CONFLICT_FREE_OFFSET(bi);
            temp[bi] += temp[ai];
        }
        offset *= 2;
    }
    if (thid == 0)
    {
        int last = B - 1 + CONFLICT_FREE_OFFSET(B - 1);
        sums[blockIdx.x] = temp[last];
        temp[last] = 0;
    }
    for (int d = 1; d < B; d *= 2)
    {
        offset >>= 1;
        __syncthreads();
        if (thid < d)
        {
            int ai = offset * (2 * thid + 1) - 1, bi = offset * (2 * thid + 2) - 1;
            ai += CONFLICT_FREE_OFFSET(ai);
            bi += CONFLICT_FREE_OFFSET(bi);
            int t = temp[ai];
            temp[ai] = temp[bi];
            temp[bi] += t;
        }
    }
    __syncthreads();
    if (base + ai < n) g_odata[base + ai] = temp[ai + bankOffsetA];
    if (base + bi < n) g_odata[base + bi] = temp[bi + bankOffsetB];
}

__global__ void uniformAdd(int *data, const int *sums, int n)
{
    int i = blockIdx.x * 2 * blockDim.x + threadIdx.x;
    if (i < n) data[i] += sums[blockIdx.x];
    if (i + blockDim.x < n) data[i + blockDim.x] += sums[blockIdx.x];
}

void scan(int *out, const int *in, int n)
{
    const int threads = 64, blocks = (n + 2 * threads - 1) / (2 * threads);
    int *sums, *scanned;
    cudaMalloc(&sums, blocks * sizeof(int));
    cudaMalloc(&scanned, blocks * sizeof(int));
    prescan<<<blocks, threads, (2 * threads + CONFLICT_FREE_OFFSET(2 * threads)) * sizeof(int)>>>(out, in, sums, n);
    if (blocks > 1)
    {
        scan(scanned, sums, blocks);
        uniformAdd<<<blocks, threads>>>(out, scanned, n);
    }
    cudaFree(sums);
    cudaFree(scanned);
}

int main()
{
    for (int n : {1, 127, 128, 129, 5000, 40000})
    {
        int *h = (int *)malloc(n * sizeof(int)), *r = (int *)malloc(n * sizeof(int)), *a, *b;
        for (int i = 0; i < n; i++) h[i] = i % 5 + 1;
        cudaMalloc(&a, n * sizeof(int));
        cudaMalloc(&b, n * sizeof(int));
        cudaMemcpy(a, h, n * sizeof(int), cudaMemcpyHostToDevice);
        scan(b, a, n);
        cudaMemcpy(r, b, n * sizeof(int), cudaMemcpyDeviceToHost);
        int sum = 0, wrong = 0;
        for (int i = 0; i < n; i++) { wrong += r[i] != sum; sum += h[i]; }
        printf("scan of %d: %s, total %d\n", n, wrong ? "WRONG" : "right", sum);
        cudaFree(a); cudaFree(b); free(h); free(r);
    }
    return 0;
}
// expect: scan of 1: right, total 1
// expect: scan of 127: right, total 378
// expect: scan of 128: right, total 381
// expect: scan of 129: right, total 385
// expect: scan of 5000: right, total 15000
// expect: scan of 40000: right, total 120000
