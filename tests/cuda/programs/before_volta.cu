// What programs from before Volta count on: a warp's lanes march in step at volatile shared memory, threads may leave
// before a barrier, a shuffle from a lane outside the mask adds nothing.
#include <cstdio>

template <unsigned size> __device__ void warp_reduce(volatile int* s, unsigned t) {
    if (size >= 64) s[t] += s[t + 32];
    s[t] += s[t + 16]; s[t] += s[t + 8]; s[t] += s[t + 4]; s[t] += s[t + 2]; s[t] += s[t + 1];
}
template <unsigned size> __global__ void reduce(const int* x, int* sums) {
    extern __shared__ int data[];
    const unsigned t = threadIdx.x;
    data[t] = x[blockIdx.x * size + t];
    __syncthreads();
    if (size >= 128) { if (t < 64) data[t] += data[t + 64]; __syncthreads(); }
    if (t < 32) warp_reduce<size>(data, t);
    if (t == 0) sums[blockIdx.x] = data[0];
}
__global__ void scan(int* x) {
    __shared__ volatile int s[64];
    const int t = threadIdx.x;
    s[t] = 0; s[t + 32] = x[t];
    for (int distance = 1; distance < 32; distance *= 2) s[t + 32] += s[t + 32 - distance];
    x[t] = s[t + 32];
}
// Lanes leave the path of the others between two accesses.
__global__ void largest(const int* x, int* result) {
    __shared__ volatile int s[64];
    const int t = threadIdx.x;
    s[t] = x[t]; s[t + 32] = -1;
    if (s[t] < s[t + 16]) s[t] = s[t + 16];
    if (s[t] < s[t + 8]) s[t] = s[t + 8];
    if (s[t] < s[t + 4]) s[t] = s[t + 4];
    if (s[t] < s[t + 2]) s[t] = s[t + 2];
    if (s[t] < s[t + 1]) s[t] = s[t + 1];
    if (t == 0) *result = s[0];
}
// One warp waits for another through a variable that is volatile and nothing else.
__global__ void hand_over(int* result) {
    __shared__ volatile int ready, value;
    if (threadIdx.x == 0) ready = 0;
    __syncthreads();
    if (threadIdx.x == 40) { value = 42; __threadfence_block(); ready = 1; }
    if (threadIdx.x == 0) { while (!ready) {} *result = value; }
}
__global__ void leave_early(const int* x, int* y, int n) {
    __shared__ int s[64];
    if (threadIdx.x >= n) return;
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = s[n - 1 - threadIdx.x];
}
__global__ void eight_lanes(float* sum) {
    float v = threadIdx.x + 1;
    const unsigned mask = __ballot_sync(0xffffffff, threadIdx.x < 8);
    if (threadIdx.x < 8) for (int distance = 16; distance > 0; distance /= 2) v += __shfl_down_sync(mask, v, distance);
    if (threadIdx.x == 0) *sum = v;
}

int main() {
    const int n = 512;
    int h[n], *x, *y;
    for (int i = 0; i < n; ++i) h[i] = i * 7919 % 101;
    cudaMalloc(&x, sizeof h); cudaMalloc(&y, sizeof h);
    cudaMemcpy(x, h, sizeof h, cudaMemcpyHostToDevice);
    int sums[4], expected[4] = {}, most = 0, out[40];
    reduce<128><<<4, 128, 128 * sizeof(int)>>>(x, y);
    cudaMemcpy(sums, y, sizeof sums, cudaMemcpyDeviceToHost);
    for (int i = 0; i < n; ++i) expected[i / 128] += h[i];
    for (int i = 0; i < 4; ++i) if (sums[i] != expected[i]) printf("block %d: %d, not %d\n", i, sums[i], expected[i]);
    largest<<<1, 32>>>(x, y);
    cudaMemcpy(out, y, sizeof(int), cudaMemcpyDeviceToHost);
    for (int i = 0; i < 32; ++i) most = h[i] > most ? h[i] : most;
    printf("reduced, largest %s\n", out[0] == most ? "right" : "wrong");
    hand_over<<<1, 64>>>(y);
    cudaMemcpy(out, y, sizeof(int), cudaMemcpyDeviceToHost);
    printf("handed over %d\n", out[0]);
    leave_early<<<1, 64>>>(x, y, 40);
    cudaMemcpy(out, y, sizeof out, cudaMemcpyDeviceToHost);
    printf("left early: %d\n", out[0] == h[39] && out[39] == h[0]);
    eight_lanes<<<1, 32>>>((float*)y);
    float eight;
    cudaMemcpy(&eight, y, sizeof eight, cudaMemcpyDeviceToHost);
    scan<<<1, 32>>>(x);
    int prefix = 0, wrong = 0;
    for (int i = 0; i < 32; ++i) expected[0] = prefix += h[i];
    cudaMemcpy(h, x, 32 * sizeof(int), cudaMemcpyDeviceToHost);
    wrong += h[31] != prefix;
    printf("eight lanes %g, scan %s, %s\n", eight, wrong ? "wrong" : "right", cudaGetErrorString(cudaDeviceSynchronize()));
}
// expect: reduced, largest right
// expect: handed over 42
// expect: left early: 1
// expect: eight lanes 36, scan right, no error
