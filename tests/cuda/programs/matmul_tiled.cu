// Three matrix products in one file: naive, tiles in shared memory, several results per thread.
#include <cstdio>
#include <random>
#include <string>
#include <vector>
#include "cuda_runtime.h"
#include "device_launch_parameters.h"

#define CEIL_DIV(M, N) (((M) + (N)-1) / (N))

__global__ void sgemm_naive(int M, int N, int K, float alpha, const float *A, const float *B, float beta, float *C) {
  const uint x = blockIdx.x * blockDim.x + threadIdx.x;
  const uint y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < M && y < N) {
    float tmp = 0.0;
    for (int i = 0; i < K; ++i) tmp += A[x * K + i] * B[i * N + y];
    C[x * N + y] = alpha * tmp + beta * C[x * N + y];
  }
}

template <const int BS>
__global__ void sgemm_shared(int M, int N, int K, float alpha, const float *A, const float *B, float beta, float *C) {
  const uint cRow = blockIdx.x, cCol = blockIdx.y;
  __shared__ float As[BS * BS];
  __shared__ float Bs[BS * BS];
  const uint threadCol = threadIdx.x % BS, threadRow = threadIdx.x / BS;
  A += cRow * BS * K;
  B += cCol * BS;
  C += cRow * BS * N + cCol * BS;
  float tmp = 0.0;
  for (int bkIdx = 0; bkIdx < K; bkIdx += BS) {
    As[threadRow * BS + threadCol] = A[threadRow * K + threadCol];
    Bs[threadRow * BS + threadCol] = B[threadRow * N + threadCol];
    __syncthreads();
    A += BS;
    B += BS * N;
    for (int dotIdx = 0; dotIdx < BS; ++dotIdx) tmp += As[threadRow * BS + dotIdx] * Bs[dotIdx * BS + threadCol];
    __syncthreads();
  }
  C[threadRow * N + threadCol] = alpha * tmp + beta * C[threadRow * N + threadCol];
}

template <const int BM, const int BN, const int BK, const int TM>
__global__ void __launch_bounds__((BM * BN) / TM, 1)
    sgemm_1d(int M, int N, int K, float alpha, const float *A, const float *B, float beta, float *C) {
  __shared__ float As[BM * BK], Bs[BK * BN];
  const int threadCol = threadIdx.x % BN, threadRow = threadIdx.x / BN;
  A += blockIdx.y * BM * K;
  B += blockIdx.x * BN;
  C += blockIdx.y * BM * N + blockIdx.x * BN;
  const uint innerColA = threadIdx.x % BK, innerRowA = threadIdx.x / BK;
  const uint innerColB = threadIdx.x % BN, innerRowB = threadIdx.x / BN;
  float threadResults[TM] = {0.0};
  for (uint bkIdx = 0; bkIdx < K; bkIdx += BK) {
    As[innerRowA * BK + innerColA] = A[innerRowA * K + innerColA];
    Bs[innerRowB * BN + innerColB] = B[innerRowB * N + innerColB];
    __syncthreads();
    A += BK;
    B += BK * N;
    for (uint dotIdx = 0; dotIdx < BK; ++dotIdx) {
      float tmpB = Bs[dotIdx * BN + threadCol];
      for (uint resIdx = 0; resIdx < TM; ++resIdx)
        threadResults[resIdx] += As[(threadRow * TM + resIdx) * BK + dotIdx] * tmpB;
    }
    __syncthreads();
  }
  for (uint resIdx = 0; resIdx < TM; ++resIdx) {
    float &c = C[(threadRow * TM + resIdx) * N + threadCol];
    c = alpha * threadResults[resIdx] + beta * c;
  }
}

void run_1d(int M, int N, int K, float alpha, float *A, float *B, float beta, float *C) {
  const uint BM = 32;
  const uint BN = 32;
  const uint BK = 8;
  const uint TM = 4;
  dim3 gridDim(CEIL_DIV(N, BN), CEIL_DIV(M, BM));
  dim3 blockDim((BM * BN) / TM);
  sgemm_1d<BM, BN, BK, TM><<<gridDim, blockDim>>>(M, N, K, alpha, A, B, beta, C);
}

int main() {
  const int M = 64, N = 96, K = 32;
  const float alpha = 0.5, beta = 3.0;
  std::mt19937 gen(7);
  std::vector<float> a(M * K), b(K * N), c(M * N), want(M * N), got(M * N);
  for (auto *v : {&a, &b, &c}) for (float &e : *v) e = static_cast<int>(gen() % 9) - 4;
  for (int i = 0; i < M; i++) for (int j = 0; j < N; j++) {
    float sum = 0;
    for (int k = 0; k < K; k++) sum += a[i * K + k] * b[k * N + j];
    want[i * N + j] = alpha * sum + beta * c[i * N + j];
  }
  float *dA, *dB, *dC;
  cudaMalloc(&dA, sizeof(float) * M * K); cudaMalloc(&dB, sizeof(float) * K * N); cudaMalloc(&dC, sizeof(float) * M * N);
  cudaMemcpy(dA, a.data(), sizeof(float) * M * K, cudaMemcpyHostToDevice);
  cudaMemcpy(dB, b.data(), sizeof(float) * K * N, cudaMemcpyHostToDevice);
  for (std::string name : {"naive", "shared", "1d"}) {
    cudaMemcpy(dC, c.data(), sizeof(float) * M * N, cudaMemcpyHostToDevice);
    if (name == "naive") sgemm_naive<<<dim3(CEIL_DIV(M, 16), CEIL_DIV(N, 16)), dim3(16, 16)>>>(M, N, K, alpha, dA, dB, beta, dC);
    if (name == "shared") sgemm_shared<16><<<dim3(CEIL_DIV(M, 16), CEIL_DIV(N, 16)), dim3(16 * 16)>>>(M, N, K, alpha, dA, dB, beta, dC);
    if (name == "1d") run_1d(M, N, K, alpha, dA, dB, beta, dC);
    cudaDeviceSynchronize();
    cudaMemcpy(got.data(), dC, sizeof(float) * M * N, cudaMemcpyDeviceToHost);
    int wrong = 0;
    for (int i = 0; i < M * N; i++) wrong += got[i] != want[i];
    std::printf("%s: %d wrong\n", name.c_str(), wrong);
  }
  cudaFree(dA); cudaFree(dB); cudaFree(dC);
}
// expect: naive: 0 wrong
// expect: shared: 0 wrong
// expect: 1d: 0 wrong
