// Bitonic sort: one kernel launch per stage, the small stages within shared memory.
#include <cstdio>
#include <algorithm>
#include <vector>
typedef unsigned int uint;
#define SHARED_SIZE 256U

__device__ inline void Comparator(uint &keyA, uint &valA, uint &keyB, uint &valB, uint dir) {
    uint t;
    if ((keyA > keyB) == dir) {
        t = keyA; keyA = keyB; keyB = t;
        t = valA; valA = valB; valB = t;
    }
}

__global__ void bitonicSortShared(uint *key, uint *val) {
    __shared__ uint s_key[SHARED_SIZE], s_val[SHARED_SIZE];
    key += blockIdx.x * SHARED_SIZE + threadIdx.x;
    val += blockIdx.x * SHARED_SIZE + threadIdx.x;
    s_key[threadIdx.x] = key[0];
    s_val[threadIdx.x] = val[0];
    s_key[threadIdx.x + SHARED_SIZE / 2] = key[SHARED_SIZE / 2];
    s_val[threadIdx.x + SHARED_SIZE / 2] = val[SHARED_SIZE / 2];
    uint comparator = blockIdx.x * (SHARED_SIZE / 2) + threadIdx.x;
    for (uint size = 2; size <= SHARED_SIZE; size <<= 1) {
        uint dir = (comparator & (size / 2)) != 0;
        for (uint stride = size / 2; stride > 0; stride >>= 1) {
            __syncthreads();
            uint pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
            Comparator(s_key[pos], s_val[pos], s_key[pos + stride], s_val[pos + stride], !dir);
        }
    }
    __syncthreads();
    key[0] = s_key[threadIdx.x];
    val[0] = s_val[threadIdx.x];
    key[SHARED_SIZE / 2] = s_key[threadIdx.x + SHARED_SIZE / 2];
    val[SHARED_SIZE / 2] = s_val[threadIdx.x + SHARED_SIZE / 2];
}

__global__ void bitonicMergeGlobal(uint *key, uint *val, uint size, uint stride) {
    uint comparator = blockIdx.x * blockDim.x + threadIdx.x;
    uint dir = (comparator & (size / 2)) == 0;
    uint pos = 2 * comparator - (comparator & (stride - 1));
    uint ka = key[pos], va = val[pos], kb = key[pos + stride], vb = val[pos + stride];
    Comparator(ka, va, kb, vb, dir);
    key[pos] = ka; val[pos] = va; key[pos + stride] = kb; val[pos + stride] = vb;
}

int main() {
    const uint n = 4096;
    std::vector<uint> keys(n), vals(n);
    uint state = 12345;
    for (uint i = 0; i < n; i++) { state = state * 1664525u + 1013904223u; keys[i] = state >> 8; vals[i] = i; }
    std::vector<uint> unsorted = keys, sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    uint *dKey, *dVal;
    cudaMalloc(&dKey, n * sizeof(uint)); cudaMalloc(&dVal, n * sizeof(uint));
    cudaMemcpy(dKey, keys.data(), n * sizeof(uint), cudaMemcpyHostToDevice);
    cudaMemcpy(dVal, vals.data(), n * sizeof(uint), cudaMemcpyHostToDevice);
    bitonicSortShared<<<n / SHARED_SIZE, SHARED_SIZE / 2>>>(dKey, dVal);
    for (uint size = 2 * SHARED_SIZE; size <= n; size <<= 1)
        for (unsigned stride = size / 2; stride > 0; stride >>= 1)
            bitonicMergeGlobal<<<n / 512, 256>>>(dKey, dVal, size, stride);
    cudaMemcpy(keys.data(), dKey, n * sizeof(uint), cudaMemcpyDeviceToHost);
    cudaMemcpy(vals.data(), dVal, n * sizeof(uint), cudaMemcpyDeviceToHost);
    uint wrong = 0, lost = 0;
    for (uint i = 0; i < n; i++) { wrong += keys[i] != sorted[i]; lost += unsorted[vals[i]] != keys[i]; }
    printf("%u out of order, %u values lost\n", wrong, lost);
    cudaFree(dKey); cudaFree(dVal);
}
// expect: 0 out of order, 0 values lost
