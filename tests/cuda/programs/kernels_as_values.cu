// Kernels as pointers, in tables, as template arguments; lambdas as arguments; overloads, namespaces, defaults.
#include <cstdio>
#include <functional>

static __global__ void twice(int* x, int n) { int i = threadIdx.x; if (i < n) x[i] *= 2; }
__global__ static void square(int* x, int n) { int i = threadIdx.x; if (i < n) x[i] *= x[i]; }

namespace app { namespace detail {
template <typename T> __global__ void negate(T* x, int n) { int i = threadIdx.x; if (i < n) x[i] = -x[i]; }
} }  // namespace app::detail

template <class T> __global__ void fill(T* x, T value, int n) { if (int i = threadIdx.x; i < n) x[i] = value; }
template <class T> __global__ void copy(const T* from, T* to, int n) { if (int i = threadIdx.x; i < n) to[i] = from[i]; }

__global__ void which(int* out) { out[0] = 1; }
__global__ void which(float* out) { out[0] = 2; }

__global__ void with_default(int* x, int n, int add = 100) { int i = threadIdx.x; if (i < n) x[i] += add; }

template <class F> __global__ void for_each(int* x, int n, F f) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) f(i, x[i]);
}

typedef void (*Kernel)(int*, int);
template <Kernel K> void run(int* x, int n) { K<<<1, 32>>>(x, n); }
template <auto K> void run_any(int* x, int n) { K<<<1, 32>>>(x, n); }

struct Runner {
    Kernel kernel;
    int threads = 32;
    void operator()(int* x, int n) const { kernel<<<1, threads>>>(x, n); this->kernel<<<1, threads>>>(x, n); }
};

typedef int (*Operation)(int);
__device__ int plus_one(int x) { return x + 1; }
__global__ void apply(Operation* f, int* x) { x[threadIdx.x] = (*f)(x[threadIdx.x]); }
__device__ Operation chosen = plus_one;

int h[4];
void show(const char* what, int* d) {
    cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
    printf("%s: %d %d %d %d\n", what, h[0], h[1], h[2], h[3]);
}

int main() {
    int* d;
    cudaMalloc(&d, sizeof h);
    for (int i = 0; i < 4; i++) h[i] = i + 1;
    cudaMemcpy(d, h, sizeof h, cudaMemcpyHostToDevice);

    Kernel table[] = {twice, square, app::detail::negate<int>};
    for (auto kernel : table) kernel<<<1, 32>>>(d, 4);
    show("table", d);
    table[2]<<<1, 4>>>(d, 4);
    (true ? table[0] : table[1])<<<1, 4>>>(d, 4);
    show("index and choice", d);
    run<square>(d, 4);
    run_any<app::detail::negate<int>>(d, 4);
    ::twice<<<1, 4>>>(d, 4);
    show("template argument", d);
    Runner{twice}(d, 4);
    show("member", d);
    fill<<<1, 32>>>(d, 7, 4);
    fill<int><<<1, 32>>>(d, 8, 2);
    show("deduced", d);
    copy<<<1, 1>>>(d, d + 3, 1);
    copy<<<1, 1>>>((const int*)d, d + 2, 1);
    show("const deduced", d);
    with_default<<<1, 4>>>(d, 4);
    with_default<<<1, 4>>>(d, 4, 1);
    show("default", d);
    int base = 10;
    for_each<<<2, 32>>>(d, 4, [=] __device__ (int i, int& v) { v = base + i; });
    show("lambda", d);
    for_each<<<2, 32>>>(d, 4, [base] __host__ __device__ (int i, int& v) { v -= base; });
    show("lambda on both", d);
    which<<<1, 1>>>(d);
    which<<<1, 1>>>((float*)(d + 1));
    cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
    float f;
    memcpy(&f, h + 1, 4);
    printf("overloads: %d %g\n", h[0], f);
    std::function<void()> later = [&] { fill<<<1, 4>>>(d, 5, 4); };
    later();
    Operation* op;
    cudaGetSymbolAddress((void**)&op, chosen);
    apply<<<1, 4>>>(op, d);
    show("device function pointer", d);
    cudaFree(d);
    return cudaDeviceSynchronize() != cudaSuccess;
}
// expect: table: -4 -16 -36 -64
// expect: index and choice: 8 32 72 128
// expect: template argument: -128 -2048 -10368 -32768
// expect: member: -512 -8192 -41472 -131072
// expect: deduced: 8 8 7 7
// expect: const deduced: 8 8 8 8
// expect: default: 109 109 109 109
// expect: lambda: 10 11 12 13
// expect: lambda on both: 0 1 2 3
// expect: overloads: 1 2
// expect: device function pointer: 6 6 6 6
