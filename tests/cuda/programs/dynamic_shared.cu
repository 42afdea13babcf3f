// Dynamic shared memory: declared outside and inside of functions, by several names and types, cut into pieces, 2D.
#include <cstdio>
#include <cstdlib>

extern __shared__ float sdata[];

__device__ float helper(int i) { return sdata[i] * 2; }

__global__ void reverse(float* x, int n) {
    sdata[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = helper(n - 1 - threadIdx.x);
}

namespace other {
extern __shared__ __align__(16) unsigned char bytes[];
template <class T> struct Shared { __device__ operator T*() const { return reinterpret_cast<T*>(bytes); } };
template <class T> __global__ void rotate(T* x) {
    T* s = Shared<T>();
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[(threadIdx.x + 1) % blockDim.x];
}
}  // namespace other

template <typename T> struct SharedMemory {
    __device__ inline operator T *() { extern __shared__ int __smem[]; return (T *)__smem; }
    __device__ inline operator const T *() const { extern __shared__ int __smem[]; return (T *)__smem; }
};

__global__ void pieces(int* out, int n) {
    extern __shared__ double everything[];
    double* d = everything;
    int* i = (int*)&d[n];
    char* c = (char*)(i + n);
    int t = threadIdx.x;
    d[t] = t * 0.5; i[t] = t; c[t] = t;
    __syncthreads();
    int u = n - 1 - t;
    out[t] = int(d[u] * 2) + i[u] + c[u];
}

__global__ void two_dimensional(int* out) {
    extern __shared__ int rows[][8];
    volatile extern __shared__ int flat[];
    rows[threadIdx.y][threadIdx.x] = threadIdx.y * 10 + threadIdx.x;
    __syncthreads();
    out[threadIdx.y * 8 + threadIdx.x] = rows[threadIdx.x][threadIdx.y] + (flat[9] == 11 ? 0 : 1000);
}

__global__ void parameter(float* sdata) { sdata[0] += 1; }  // not the shared one

__global__ void large(int* out, int n) {
    extern __shared__ int big[];
    for (int i = threadIdx.x; i < n; i += blockDim.x) big[i] = i;
    __syncthreads();
    if (threadIdx.x == 0) { long long s = 0; for (int i = 0; i < n; i++) s += big[i]; *out = s % 1000003; }
}

__global__ void by_wrapper(int* x) {
    int* s = SharedMemory<int>();
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[threadIdx.x ^ 1];
}

int main() {
    float f[32], *df;
    int h[64], *di;
    cudaMalloc(&df, sizeof f); cudaMalloc(&di, sizeof h);
    for (int i = 0; i < 32; i++) f[i] = i;
    cudaMemcpy(df, f, sizeof f, cudaMemcpyHostToDevice);
    reverse<<<1, 32, 32 * sizeof(float)>>>(df, 32);
    other::rotate<<<1, 32, 32 * sizeof(float)>>>(df);
    parameter<<<1, 1>>>(df);
    cudaMemcpy(f, df, sizeof f, cudaMemcpyDeviceToHost);
    printf("%g %g %g\n", f[0], f[1], f[31]);
    pieces<<<1, 20, 20 * (sizeof(double) + sizeof(int) + sizeof(char))>>>(di, 20);
    cudaMemcpy(h, di, sizeof h, cudaMemcpyDeviceToHost);
    printf("%d %d\n", h[0], h[19]);
    two_dimensional<<<1, dim3(8, 8), 64 * sizeof(int)>>>(di);
    by_wrapper<<<1, 64, 64 * sizeof(int)>>>(di);
    cudaMemcpy(h, di, sizeof h, cudaMemcpyDeviceToHost);
    printf("%d %d %d\n", h[1], h[0], h[63]);
    int n = 20000;
    if (cudaFuncSetAttribute((const void*)large, cudaFuncAttributeMaxDynamicSharedMemorySize, n * sizeof(int)) != cudaSuccess) exit(1);
    large<<<1, 128, n * sizeof(int)>>>(di, n);
    cudaMemcpy(h, di, sizeof h, cudaMemcpyDeviceToHost);
    printf("%d\n", h[0]);
    cudaFree(df); cudaFree(di);
    return cudaGetLastError();
}
// expect: 61 58 62
// expect: 57 0
// expect: 0 10 67
// expect: 989403
