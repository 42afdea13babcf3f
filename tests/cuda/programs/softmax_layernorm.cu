// Layers of a transformer: softmax by warps and by blocks, layer norm, residual and GELU with 128-bit packets.
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <assert.h>
#include <float.h>
#include <cuda_runtime.h>
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

inline void cudaCheck(cudaError_t error, const char *file, int line) {
  if (error != cudaSuccess) {
    printf("[CUDA ERROR] at file %s:%d:\n%s\n", file, line, cudaGetErrorString(error));
    exit(EXIT_FAILURE);
  }
}
#define cudaCheck(err) (cudaCheck(err, __FILE__, __LINE__))
template<class T>
__host__ __device__ T ceil_div(T dividend, T divisor) { return (dividend + divisor - 1) / divisor; }
#define WARP_SIZE 32U

template<class ElementType>
struct alignas(16) Packed128 {
  __device__ Packed128() = default;
  __device__ explicit Packed128(int4 bits) {
    static_assert(sizeof(bits) == sizeof(payload), "Size mismatch.");
    memcpy(&payload, &bits, sizeof(bits));
  }
  __device__ ElementType& operator[](int index) { return payload[index]; }
  __device__ const ElementType& operator[](int index) const { return payload[index]; }
  __device__ int4 get_bits() const {
    int4 bits;
    memcpy(&bits, &payload, sizeof(bits));
    return bits;
  }
  static constexpr const size_t size = sizeof(int4) / sizeof(ElementType);
  ElementType payload[size];
};
typedef Packed128<float> f128;
template<class T> __device__ Packed128<T> load128cs(const T* address) {
  return Packed128<T>{__ldcs(reinterpret_cast<const int4*>(address))};
}
template<class T> __device__ void store128(T* target, Packed128<T> value) {
  *reinterpret_cast<int4*>(target) = value.get_bits();
}

__device__ float warpReduceMax(float val) {
  for (int offset = 16; offset > 0; offset /= 2) val = fmaxf(val, __shfl_down_sync(0xFFFFFFFF, val, offset));
  return val;
}
using reduction_func_t = float (*)(float);
__device__ inline float warpSum(float val) {
  for (int offset = 16; offset > 0; offset /= 2) val += __shfl_xor_sync(0xFFFFFFFF, val, offset);
  return val;
}
__device__ inline float warpMax(float val) {
  for (int offset = 16; offset > 0; offset /= 2) val = fmaxf(val, __shfl_xor_sync(0xFFFFFFFF, val, offset));
  return val;
}
template<reduction_func_t warp_reduction>
__device__ inline float blockReduce(float val, bool final_sync = false, float out_of_bounds = 0.0f) {
  __shared__ float shared_val[WARP_SIZE];
  const int lane_id = threadIdx.x % WARP_SIZE, warp_id = threadIdx.x / WARP_SIZE, num_warps = blockDim.x / WARP_SIZE;
  float warp_val = warp_reduction(val);
  if (lane_id == 0) { shared_val[warp_id] = warp_val; }
  __syncthreads();
  warp_val = (lane_id < num_warps) ? shared_val[lane_id] : out_of_bounds;
  float block_val = warp_reduction(warp_val);
  if (final_sync) { __syncthreads(); }
  return block_val;
}

__global__ void softmax_forward_block(float* out, const float* inp, int N, int C) {
  extern __shared__ float shared[];
  int idx = blockIdx.x, tid = threadIdx.x, warpId = threadIdx.x / 32, laneId = threadIdx.x % 32;
  int warpsPerBlock = blockDim.x / 32;
  float* maxvals = shared;
  float* sumvals = &shared[warpsPerBlock];
  const float* x = inp + idx * C;
  float maxval = -INFINITY;
  for (int i = tid; i < C; i += blockDim.x) maxval = fmaxf(maxval, x[i]);
  maxval = warpReduceMax(maxval);
  if (laneId == 0) maxvals[warpId] = maxval;
  __syncthreads();
  if (tid == 0) {
    float val = maxvals[tid];
    for (int i = 1; i < warpsPerBlock; i++) val = fmaxf(val, maxvals[i]);
    maxvals[0] = val;
  }
  __syncthreads();
  float offset = maxvals[0];
  for (int i = tid; i < C; i += blockDim.x) __stcs(out + idx * C + i, expf(x[i] - offset));
  __syncthreads();
  x = out + idx * C;
  float sumval = 0.0f;
  for (int i = tid; i < C; i += blockDim.x) sumval += x[i];
  sumval = warpSum(sumval);
  if (laneId == 0) sumvals[warpId] = sumval;
  __syncthreads();
  if (tid == 0) {
    float val = sumvals[tid];
    for (int i = 1; i < warpsPerBlock; ++i) val += sumvals[i];
    sumvals[0] = val;
  }
  __syncthreads();
  float sum = sumvals[0];
  for (int i = tid; i < C; i += blockDim.x) out[idx * C + i] = x[i] / sum;
}

__global__ void softmax_forward_online(float* out, const float* inp, int N, int C) {
  namespace cg = cooperative_groups;
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
  int idx = blockIdx.x * warp.meta_group_size() + warp.meta_group_rank();
  if (idx >= N) { return; }
  const float* x = inp + idx * C;
  float maxval = -INFINITY, sumval = 0.0f, bigger;
  for (int i = warp.thread_rank(); i < C; i += warp.size()) {
    bigger = fmaxf(maxval, x[i]);
    sumval = sumval * expf(maxval - bigger) + expf(x[i] - bigger);
    maxval = bigger;
  }
  float global_max = cg::reduce(warp, maxval, cg::greater<float>{});
  sumval *= expf(maxval - global_max);
  float norm = 1.f / cg::reduce(warp, sumval, cg::plus<float>{});
  for (int i = warp.thread_rank(); i < C; i += warp.size()) __stcs(out + idx * C + i, expf(__ldcs(x + i) - global_max) * norm);
}

__global__ void softmax_forward_reduce(float* out, const float* inp, int N, int C) {
  const float* x = inp + blockIdx.x * C;
  float m = -FLT_MAX, s = 0;
  for (int i = threadIdx.x; i < C; i += blockDim.x) m = fmaxf(m, x[i]);
  m = blockReduce<warpMax>(m, true, -FLT_MAX);
  for (int i = threadIdx.x; i < C; i += blockDim.x) s += expf(x[i] - m);
  s = blockReduce<warpSum>(s);
  for (int i = threadIdx.x; i < C; i += blockDim.x) out[blockIdx.x * C + i] = expf(x[i] - m) / s;
}

__global__ void gelu_residual(float* out, const float* a, const float* b, int n) {
  int i = (blockIdx.x * blockDim.x + threadIdx.x) * f128::size;
  if (i < n) {
    f128 packed_out;
    const f128 packed_a = load128cs(a + i), packed_b = load128cs(b + i);
    for (int k = 0; k < f128::size; ++k) {
      float x = (float)packed_a[k] + (float)packed_b[k], cube = 0.044715f * x * x * x;
      packed_out[k] = 0.5f * x * (1.0f + tanhf(0.797884561f * (x + cube)));
    }
    store128(out + i, packed_out);
  }
}

int main(int argc, const char **argv) {
  const int N = 24, C = 200;
  float *inp = (float*)malloc(N * C * sizeof(float)), *out = (float*)malloc(N * C * sizeof(float)), *d_inp, *d_out;
  srand(0);
  for (int i = 0; i < N * C; i++) inp[i] = ((float)rand() / RAND_MAX) * 8.0f - 4.0f;
  cudaCheck(cudaMalloc(&d_inp, N * C * sizeof(float)));
  cudaCheck(cudaMalloc(&d_out, N * C * sizeof(float)));
  cudaCheck(cudaMemcpy(d_inp, inp, N * C * sizeof(float), cudaMemcpyHostToDevice));
  for (int kernel = 1; kernel <= 3; kernel++) {
    const int block_size = 128;
    switch (kernel) {
      case 1: softmax_forward_block<<<N, block_size, 2 * block_size / 32 * sizeof(float)>>>(d_out, d_inp, N, C); break;
      case 2: softmax_forward_online<<<ceil_div(N * 32, block_size), block_size>>>(d_out, d_inp, N, C); break;
      case 3: softmax_forward_reduce<<<N, block_size>>>(d_out, d_inp, N, C); break;
    }
    cudaCheck(cudaGetLastError());
    cudaCheck(cudaMemcpy(out, d_out, N * C * sizeof(float), cudaMemcpyDeviceToHost));
    double worst = 0;
    for (int r = 0; r < N; r++) {
      double sum = 0;
      for (int c = 0; c < C; c++) sum += exp((double)inp[r * C + c]);
      for (int c = 0; c < C; c++) worst = fmax(worst, fabs(out[r * C + c] - exp((double)inp[r * C + c]) / sum));
    }
    printf("softmax %d: %s\n", kernel, worst < 1e-6 ? "right" : "WRONG");
  }
  gelu_residual<<<ceil_div(N * C / 4, 64), 64>>>(d_out, d_inp, d_inp, N * C);
  cudaCheck(cudaMemcpy(out, d_out, N * C * sizeof(float), cudaMemcpyDeviceToHost));
  double worst = 0;
  for (int i = 0; i < N * C; i++) {
    double x = 2.0 * inp[i];
    worst = fmax(worst, fabs(out[i] - 0.5 * x * (1 + tanh(0.797884561 * (x + 0.044715 * x * x * x)))));
  }
  printf("gelu: %s\n", worst < 1e-5 ? "right" : "WRONG");
  cudaCheck(cudaFree(d_inp)); cudaCheck(cudaFree(d_out));
  free(inp); free(out);
  return 0;
}
// expect: softmax 1: right
// expect: softmax 2: right
// expect: softmax 3: right
// expect: gelu: right
