#pragma once
#include <cuda_runtime.h>
template <class T> __device__ T add_one(T x) { return x + 1; }
static __global__ void tenfold(float* x) { x[threadIdx.x] += 10; }
inline void launch_from_header(float* x) { tenfold<<<1, 32>>>(x); }
void scale(float* x, int n);
