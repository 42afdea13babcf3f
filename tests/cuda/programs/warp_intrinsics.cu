// Warp functions: shuffles with widths, votes, matches, reductions, bits.
#include <cstdio>
#define FULL_MASK 0xffffffffu

__inline__ __device__ float warpReduceSum(float val) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2) val += __shfl_down_sync(FULL_MASK, val, offset);
  return val;
}
__inline__ __device__ float blockReduceSum(float val) {
  static __shared__ float shared[32];
  int lane = threadIdx.x % warpSize, wid = threadIdx.x / warpSize;
  val = warpReduceSum(val);
  if (lane == 0) shared[wid] = val;
  __syncthreads();
  val = (threadIdx.x < blockDim.x / warpSize) ? shared[lane] : 0;
  if (wid == 0) val = warpReduceSum(val);
  return val;
}
__global__ void deviceReduceKernel(const float* in, float* out, int N) {
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < N; i += blockDim.x * gridDim.x) sum += in[i];
  sum = blockReduceSum(sum);
  if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

__global__ void lanes(int* out) {
  int lane = threadIdx.x & 31;
  int v = lane * lane;
  int* o = out + lane * 12;
  o[0] = __shfl_sync(FULL_MASK, v, 5);
  o[1] = __shfl_up_sync(FULL_MASK, v, 3);
  o[2] = __shfl_down_sync(FULL_MASK, v, 30);
  o[3] = __shfl_xor_sync(FULL_MASK, v, 1);
  o[4] = __shfl_sync(FULL_MASK, v, 2, 8);
  o[5] = __popc(__ballot_sync(FULL_MASK, v % 3 == 1));
  o[6] = __any_sync(FULL_MASK, v == 961) + 10 * __all_sync(FULL_MASK, v < 1000);
  o[7] = __match_any_sync(FULL_MASK, lane % 8) == (0x01010101u << (lane % 8));
  o[8] = __reduce_add_sync(FULL_MASK, v);
  o[9] = __reduce_max_sync(FULL_MASK, -v) + __reduce_min_sync(FULL_MASK, v - 7);
  if (lane < 16) o[10] = __shfl_xor_sync(0x0000ffffu, lane, 15);
  else o[10] = __shfl_xor_sync(0xffff0000u, -lane, 1);
  o[11] = __clz(v) * 10000 + __ffs(v) * 100 + __popc(v);
}

int main() {
  const int N = 10000;
  float *h = new float[N], *in, *out, total;
  for (int i = 0; i < N; i++) h[i] = i % 10;
  cudaMalloc(&in, N * sizeof(float)); cudaMalloc(&out, 1024 * sizeof(float));
  cudaMemcpy(in, h, N * sizeof(float), cudaMemcpyHostToDevice);
  int threads = 512, blocks = min((N + threads - 1) / threads, 1024);
  deviceReduceKernel<<<blocks, threads>>>(in, out, N);
  deviceReduceKernel<<<1, 1024>>>(out, out, blocks);
  cudaMemcpy(&total, out, sizeof total, cudaMemcpyDeviceToHost);
  printf("sum %g\n", total);
  int *d, r[32 * 12];
  cudaMalloc(&d, sizeof r);
  lanes<<<1, 32>>>(d);
  cudaMemcpy(r, d, sizeof r, cudaMemcpyDeviceToHost);
  for (int lane : {0, 1, 9, 31}) {
    printf("lane %d:", lane);
    for (int i = 0; i < 12; i++) printf(" %d", r[lane * 12 + i]);
    printf("\n");
  }
  delete[] h;
  cudaFree(in); cudaFree(out); cudaFree(d);
  return 0;
}
// expect: sum 45000
// expect: lane 0: 25 0 900 1 4 21 11 1 10416 -7 15 320000
// expect: lane 1: 25 1 961 0 4 21 11 1 10416 -7 14 310101
// expect: lane 9: 25 36 81 64 100 21 11 1 10416 -7 6 250103
// expect: lane 31: 25 784 961 900 676 21 11 1 10416 -7 -30 220105
