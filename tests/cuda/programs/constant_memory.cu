// __constant__ and __device__ variables of several kinds, in and out by symbol.
#include <stdio.h>

struct Params { float gain; int shift; float weights[4]; };

__constant__ float coefficients[8];
__constant__ Params params;
__constant__ const int table[4] = {10, 20, 30, 40};
__device__ int hits;
__device__ float grid[2][3];
static __device__ double precise = 0.125;
namespace filters { __constant__ int radius = 2; }

__global__ void use(float *out, int n)
{
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    if (i >= n) return;
    float s = 0;
    for (int k = 0; k < 8; k++) s += coefficients[k] * (i + k);
    out[i] = params.gain * s + params.weights[i % 4] + table[i & 3] + filters::radius + (float)precise;
    atomicAdd(&hits, params.shift);
    if (i < 6) grid[i / 3][i % 3] = i;
}

int main()
{
    const int n = 100;
    float c[8], out[n], *d_out, g[2][3];
    Params p = {2.0f, 3, {0.25f, 0.5f, 0.75f, 1.0f}};
    int zero = 0, seven = 7;
    for (int k = 0; k < 8; k++) c[k] = k;
    cudaMalloc(&d_out, sizeof out);
    cudaMemcpyToSymbol(coefficients, c, sizeof(float) * 4);
    cudaMemcpyToSymbol(coefficients, c + 4, sizeof(float) * 4, sizeof(float) * 4, cudaMemcpyHostToDevice);
    cudaMemcpyToSymbol(params, &p, sizeof p);
    cudaMemcpyToSymbol(hits, &zero, sizeof zero);
    cudaMemcpyToSymbol(filters::radius, &seven, sizeof seven);
    use<<<4, 32>>>(d_out, n);
    cudaMemcpy(out, d_out, sizeof out, cudaMemcpyDeviceToHost);
    int count = 0;
    cudaMemcpyFromSymbol(&count, hits, sizeof count);
    cudaMemcpyFromSymbol(g, grid, sizeof g);
    printf("%g %g %d %g\n", out[0], out[99], count, g[1][2]);
    float *address;
    size_t size;
    cudaGetSymbolAddress((void **)&address, grid);
    cudaGetSymbolSize(&size, grid);
    float five;
    cudaMemcpy(&five, address + 5, sizeof five, cudaMemcpyDeviceToHost);
    printf("%zu bytes, element 5 is %g\n", size, five);
    cudaError_t e = cudaMemcpyToSymbol(coefficients, c, sizeof(float) * 9);
    printf("too much: %s\n", cudaGetErrorName(e));
    cudaGetLastError();
    cudaFree(d_out);
    return 0;
}
// expect: 297.375 5872.12 300 5
// expect: 24 bytes, element 5 is 5
// expect: too much: cudaErrorInvalidValue
