// In the manner of the CUDA samples: helper_cuda.h, timers, command line, a test that passes.
#include <stdio.h>
#include <cuda_runtime.h>
#include <helper_cuda.h>
#include <helper_functions.h>
#include <cuda_profiler_api.h>
#include <nvtx3/nvToolsExt.h>

__global__ void vectorAdd(const float *A, const float *B, float *C, int numElements) {
  int i = blockDim.x * blockIdx.x + threadIdx.x;
  if (i < numElements) C[i] = A[i] + B[i] + 0.0f;
}

int main(int argc, char **argv) {
  int dev = findCudaDevice(argc, (const char **)argv);
  int n = 5000;
  if (checkCmdLineFlag(argc, (const char **)argv, "n")) n = getCmdLineArgumentInt(argc, (const char **)argv, "n");
  size_t size = n * sizeof(float);
  float *h_A = (float *)malloc(size), *h_B = (float *)malloc(size), *h_C = (float *)malloc(size), *d_A = NULL, *d_B = NULL, *d_C = NULL;
  for (int i = 0; i < n; ++i) { h_A[i] = rand() / (float)RAND_MAX; h_B[i] = rand() / (float)RAND_MAX; }
  checkCudaErrors(cudaMalloc((void **)&d_A, size));
  checkCudaErrors(cudaMalloc(reinterpret_cast<void **>(&d_B), size));
  checkCudaErrors(cudaMalloc((void **)&d_C, size));
  StopWatchInterface *timer = NULL;
  sdkCreateTimer(&timer);
  nvtxRangePush("work");
  checkCudaErrors(cudaProfilerStart());
  sdkStartTimer(&timer);
  checkCudaErrors(cudaMemcpy(d_A, h_A, size, cudaMemcpyHostToDevice));
  checkCudaErrors(cudaMemcpy(d_B, h_B, size, cudaMemcpyHostToDevice));
  int threadsPerBlock = 256, blocksPerGrid = (n + threadsPerBlock - 1) / threadsPerBlock;
  printf("CUDA kernel launch with %d blocks of %d threads\n", blocksPerGrid, threadsPerBlock);
  vectorAdd<<<blocksPerGrid, threadsPerBlock>>>(d_A, d_B, d_C, n);
  getLastCudaError("vectorAdd failed");
  checkCudaErrors(cudaMemcpy(h_C, d_C, size, cudaMemcpyDeviceToHost));
  sdkStopTimer(&timer);
  nvtxRangePop();
  for (int i = 0; i < n; ++i)
    if (fabs(h_A[i] + h_B[i] - h_C[i]) > 1e-5) { fprintf(stderr, "Result verification failed at element %d!\n", i); exit(EXIT_FAILURE); }
  printf("Test %s on device %d, %s\n", sdkGetTimerValue(&timer) > 0 ? "PASSED" : "FAILED", dev, n == 5000 ? "by default" : "as told");
  sdkDeleteTimer(&timer);
  checkCudaErrors(cudaFree(d_A)); checkCudaErrors(cudaFree(d_B)); checkCudaErrors(cudaFree(d_C));
  free(h_A); free(h_B); free(h_C);
  return 0;
}
// arguments: -n=777
// expect: GPU Device 0: "NVIDIA A100-SXM4-40GB (emulated)" with compute capability 8.0
// expect: 
// expect: CUDA kernel launch with 4 blocks of 256 threads
// expect: Test PASSED on device 0, as told
