// Small exercises one after the other: map, zip, guards, broadcast, blocks, pooling, dot product, 1D convolution.
#include <cassert>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <vector>

constexpr int TPB = 8;
__global__ void map(float* out, const float* a) { int i = threadIdx.x; out[i] = a[i] + 10; }
__global__ void zip(float* out, const float* a, const float* b) { int i = threadIdx.x; out[i] = a[i] + b[i]; }
__global__ void guard(float* out, const float* a, int size) { if (int i = threadIdx.x; i < size) out[i] = a[i] + 10; }
__global__ void broadcast(float* out, const float* a, const float* b, int size) {
    auto [i, j, k] = threadIdx;
    if (int(i) < size and int(j) < size) out[j * size + i] = a[j] + b[i] + k;
}
__global__ void pooling(float* out, const float* a, int size) {
    __shared__ float shared[TPB];
    int i = blockDim.x * blockIdx.x + threadIdx.x, local_i = threadIdx.x;
    if (i < size) shared[local_i] = a[i];
    __syncthreads();
    if (i < size) {
        float acc = 0;
        for (int j = -2; j <= 0; ++j) if (local_i + j >= 0) acc += shared[local_i + j];
        out[i] = acc;
    }
}
template <int MAX_CONV> __global__ void conv(float* out, const float* a, const float* b, int a_size, int b_size) {
    __shared__ float sa[TPB + MAX_CONV], sb[MAX_CONV];
    int i = blockDim.x * blockIdx.x + threadIdx.x, l = threadIdx.x;
    sa[l] = i < a_size ? a[i] : 0;
    if (l < b_size) sb[l] = b[l];
    if (l < MAX_CONV) sa[TPB + l] = i + TPB < a_size ? a[i + TPB] : 0;
    __syncthreads();
    float acc = 0;
    for (int k = 0; k < b_size; ++k) acc += sa[l + k] * sb[k];
    if (i < a_size) out[i] = acc;
}
__global__ void dot(float* out, const float* a, const float* b, int size) {
    __shared__ float s[TPB];
    int i = threadIdx.x;
    s[i] = i < size ? a[i] * b[i] : 0;
    for (int step = TPB / 2; step; step /= 2) {
        __syncthreads();
        if (i < step) s[i] += s[i + step];
    }
    if (!i) *out = s[0];
}

void puzzle(const char* name, int outs, std::initializer_list<float> a, std::initializer_list<float> b,
            std::function<void(float*, const float*, const float*)> launch) {
    float *da, *db, *out;
    cudaMalloc(&da, a.size() * 4); cudaMalloc(&db, b.size() * 4 + 4); cudaMalloc(&out, outs * 4);
    cudaMemcpy(da, a.begin(), a.size() * 4, cudaMemcpyHostToDevice);
    cudaMemcpy(db, b.begin(), b.size() * 4, cudaMemcpyHostToDevice);
    launch(out, da, db);
    std::vector<float> h(outs);
    cudaMemcpy(h.data(), out, outs * 4, cudaMemcpyDeviceToHost);
    printf("%s:", name);
    for (float x : h) printf(" %g", x);
    puts("");
    cudaFree(da), cudaFree(db), cudaFree(out);
}

int main() {
    using F = float*; using C = const float*;
    puzzle("map", 4, {0, 1, 2, 3}, {}, [](F o, C a, C) { map<<<1, 4>>>(o, a); });
    puzzle("zip", 3, {0, 1, 2}, {5, 6, 7}, [](F o, C a, C b) { zip<<<1, 3>>>(o, a, b); });
    puzzle("guard", 4, {0, 1, 2, 3}, {}, [](F o, C a, C) { guard<<<1, 8>>>(o, a, 4); });
    puzzle("broadcast", 4, {0, 1}, {10, 20}, [](F o, C a, C b) { broadcast<<<1, {3, 3}>>>(o, a, b, 2); });
    puzzle("pooling", 8, {0, 1, 2, 3, 4, 5, 6, 7}, {}, [](F o, C a, C) { pooling<<<1, TPB>>>(o, a, 8); });
    puzzle("dot", 1, {0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5, 6}, [](F o, C a, C b) { dot<<<1, TPB>>>(o, a, b, 7); });
    puzzle("conv", 15, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {0, 1, 2, 3},
           [](F o, C a, C b) { conv<4><<<2, TPB>>>(o, a, b, 15, 4); });
}
// expect: map: 10 11 12 13
// expect: zip: 5 7 9
// expect: guard: 10 11 12 13
// expect: broadcast: 10 20 11 21
// expect: pooling: 0 1 3 6 9 12 15 18
// expect: dot: 91
// expect: conv: 14 20 26 32 38 44 50 56 62 68 74 80 41 14 0
