// A program of several files: two .cu, a .cpp, a .c, headers beside them and in a folder of -I.
#include <cstdio>
#include <scale.cuh>
#include "host.h"

extern "C" int plain(int);

__global__ void local(float* x) { x[threadIdx.x] += add_one<float>(0); }

int main(int argc, char** argv) {
    float h[32], *d;
    for (int i = 0; i < 32; i++) h[i] = i;
    cudaMalloc(&d, sizeof h);
    cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);
    scale(d, 32);
    local<<<1, 32>>>(d);
    launch_from_header(d);
    cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
    printf("%g %g %d %d\n", h[1], total(h, 32), plain(20), argc - 1);
    for (int i = 1; i < argc; i++) puts(argv[i]);
    cudaFree(d);
}
// expect: 14 1840 42 2
// expect: a
// expect: b c
