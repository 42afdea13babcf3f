// Letters of a text: private histograms in shared memory, added up with atomics.
#include <iostream>
#include <string>
#include <cuda.h>

#define NUM_BINS 26
__device__ unsigned int d_total;

__global__ void histo_kernel(const char* __restrict__ data, unsigned int length, unsigned int* histo) {
    __shared__ unsigned int histo_s[NUM_BINS];
    for (unsigned int bin = threadIdx.x; bin < NUM_BINS; bin += blockDim.x) histo_s[bin] = 0u;
    __syncthreads();
    unsigned int tid = blockIdx.x * blockDim.x + threadIdx.x;
    for (unsigned int i = tid; i < length; i += blockDim.x * gridDim.x) {
        int alphabet_position = data[i] - 'a';
        if (alphabet_position >= 0 && alphabet_position < 26) atomicAdd(&(histo_s[alphabet_position]), 1);
    }
    __syncthreads();
    for (unsigned int bin = threadIdx.x; bin < NUM_BINS; bin += blockDim.x) {
        unsigned int binValue = histo_s[bin];
        if (binValue > 0) {
            atomicAdd(&(histo[bin]), binValue);
            atomicAdd(&d_total, binValue);
        }
    }
}

int main() {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "the quick brown fox jumps over the lazy dog; ";
    char* d_text;
    unsigned int* d_histo, histo[NUM_BINS], zero = 0, total = 0;
    cudaMalloc((void**)&d_text, text.size());
    cudaMalloc((void**)&d_histo, sizeof histo);
    cudaMemcpy(d_text, text.c_str(), text.size(), cudaMemcpyHostToDevice);
    cudaMemset(d_histo, 0, sizeof histo);
    cudaMemcpyToSymbol(d_total, &zero, sizeof(unsigned int));
    histo_kernel<<<7, 96>>>(d_text, (unsigned int)text.size(), d_histo);
    cudaMemcpy(histo, d_histo, sizeof histo, cudaMemcpyDeviceToHost);
    cudaMemcpyFromSymbol(&total, d_total, sizeof total);
    std::cout << "e " << histo['e' - 'a'] << " o " << histo['o' - 'a'] << " z " << histo['z' - 'a'] << " all " << total << std::endl;
    cudaFree(d_text);
    cudaFree(d_histo);
    return cudaGetLastError() == cudaSuccess ? 0 : 1;
}
// expect: e 1500 o 2000 z 500 all 17500
