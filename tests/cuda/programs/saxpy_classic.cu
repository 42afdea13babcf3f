/* C style: void** casts, malloc, an exit() macro, events. */
#include <stdio.h>
#include <stdlib.h>
#include <cuda_runtime.h>

#define CUDA_CHECK(err) \
    do { cudaError_t err_ = (err); \
         if (err_ != cudaSuccess) { \
             fprintf(stderr, "CUDA error %d at %s:%d: %s\n", err_, __FILE__, __LINE__, cudaGetErrorString(err_)); \
             exit(EXIT_FAILURE); \
         } \
    } while (0)

__global__ void saxpy(int n, float a, float *x, float *y)
{
  int i = blockIdx.x*blockDim.x + threadIdx.x;
  if (i < n) y[i] = a*x[i] + y[i];
}

int main(void)
{
  int N = 1<<16;
  float *x, *y, *d_x, *d_y;
  x = (float*)malloc(N*sizeof(float));
  y = (float*)malloc(N*sizeof(float));
  CUDA_CHECK(cudaMalloc((void **)&d_x, N*sizeof(float)));
  CUDA_CHECK(cudaMalloc((void **)&d_y, N*sizeof(float)));
  for (int i = 0; i < N; i++) { x[i] = 1.0f; y[i] = (float)(i % 7); }

  cudaEvent_t start, stop;
  CUDA_CHECK(cudaEventCreate(&start));
  CUDA_CHECK(cudaEventCreate(&stop));
  CUDA_CHECK(cudaMemcpy(d_x, x, N*sizeof(float), cudaMemcpyHostToDevice));
  CUDA_CHECK(cudaMemcpy(d_y, y, N*sizeof(float), cudaMemcpyHostToDevice));
  CUDA_CHECK(cudaEventRecord(start));
  saxpy<<<(N+255)/256, 256>>>(N, 2.0f, d_x, d_y);
  CUDA_CHECK(cudaGetLastError());
  CUDA_CHECK(cudaEventRecord(stop));
  CUDA_CHECK(cudaMemcpy(y, d_y, N*sizeof(float), cudaMemcpyDeviceToHost));
  CUDA_CHECK(cudaEventSynchronize(stop));
  float ms = -1;
  CUDA_CHECK(cudaEventElapsedTime(&ms, start, stop));

  float maxError = 0.0f;
  for (int i = 0; i < N; i++) {
    float e = y[i] - (2.0f + (float)(i % 7));
    if (e < 0) e = -e;
    if (e > maxError) maxError = e;
  }
  printf("Max error: %f\n", maxError);
  printf("time is %s\n", ms >= 0 ? "not negative" : "wrong");
  cudaEventDestroy(start); cudaEventDestroy(stop);
  cudaFree(d_x); cudaFree(d_y); free(x); free(y);
  return 0;
}
// expect: Max error: 0.000000
// expect: time is not negative
