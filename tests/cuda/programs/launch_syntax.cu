// Launches in every shape that people write them in; and text that looks like one.
#include <cstdio>
#include <vector>
#define THREADS 64
#define LAUNCH(kernel, n, ...) kernel<<<((n) + THREADS - 1) / THREADS, THREADS>>>(__VA_ARGS__)
#define CHECKED(call) do { call; if (cudaGetLastError() != cudaSuccess) printf("failed: %s\n", #call); } while (0)
#define MAKE(name, op) __global__ void name##_kernel(int* x, int v) { x[threadIdx.x + blockIdx.x * blockDim.x] op v; } \
    void run_##name(int* x, int v) { name##_kernel<<<2, 32>>>(x, v); }

MAKE(add, +=)
MAKE(sub, -=)

__global__ void inc(int* x) { x[blockIdx.x * blockDim.x + threadIdx.x]++; }
template <int A, int B> __global__ void add2(int* x) { x[threadIdx.x] += A + B; }
template <class T> struct Size { static constexpr int value = sizeof(T) * 8; };
template <class T, class... Rest> __global__ void many(T* x, Rest... rest) { x[threadIdx.x] += (0 + ... + rest); }
__global__ void three(int* x, dim3 g) { if (threadIdx.z == 1 && threadIdx.y == 0) x[threadIdx.x] += gridDim.x * 100 + blockDim.z * 10 + g.y; }
__global__ void nothing() {}

template <typename T, int BLOCK = 32>
class Launcher {
  public:
    static void go(T* x) { many<T, int><<<1, BLOCK>>>(x, 1); }
    void dependent(T* x) const { many<<<1, BLOCK>>>(x, T(1), 2); }
};

int main() {
    int *x, h[64];
    cudaMalloc(&x, sizeof h);
    cudaMemset(x, 0, sizeof h);
    const char* text = "inc<<<1, 2>>>(x)"; // inc<<<1, 2>>>(x)
    const char* raw = R"x(inc<<<1, 2>>>(x);
)" )x"; /* inc<<<1,
       2>>>(x) */
    inc<<<2,32>>>(x);
    inc <<< 2 , 32 >>> (x);
    inc
        <<<
            dim3(2),       // blocks
            dim3(32, 1, 1) // threads, >>> is not here
        >>>
        (
            x
        );
    LAUNCH(inc, 64, x);
    run_add(x, 5);
    run_sub(x, 3);
    if (text) inc<<<2, 32>>>(x); else inc<<<1, 1>>>(x);
    for (int i = 0; i < 2; ++i) inc<<<2, 32>>>(x);
    CHECKED((inc<<<2, 32>>>(x)));
    add2<1, (2 > 1)><<<1, 64>>>(x);
    add2<3 << 1, 0><<<1, 64>>>(x);
    inc<<<Size<std::vector<std::vector<int>>>::value / Size<std::vector<std::vector<int>>>::value, 64>>>(x);
    inc<<<128>>7, 64, 0>>>(x);
    size_t blocks = 2; long threads = 32; unsigned smem = 0; cudaStream_t stream = 0;
    inc<<<blocks, threads, smem, stream>>>(x);
    dim3 g{1}, b = {8, 4, 2};
    three<<<g, b>>>(x, {1, 7});
    many<<<1, 64>>>(x, 1, 2, 3);
    many<<<1, 64>>>(x);
    Launcher<int>::go(x);
    Launcher<int, 64>().dependent(x);
    [&] { inc<<<2, 32>>>(x); }();
    auto grid = [](int n) { return dim3((n + 31) / 32); };
    true ? inc<<<grid(64), 32>>>(x) : nothing<<<1, 1>>>();
    nothing<<<1, 1>>>(), nothing<<<1, 1>>>();
    int one = 1 << 1 >> 1, shifted = 256 >> 2 >> 1;
    printf("%d %d %s|%s", one, shifted, text, raw);
    cudaMemcpy(h, x, sizeof h, cudaMemcpyDeviceToHost);
    printf("%d %d %d %s\n", h[0], h[40], h[63], cudaGetErrorString(cudaDeviceSynchronize()));
    cudaFree(x);
    return 0;
}
// expect: 1 32 inc<<<1, 2>>>(x)|inc<<<1, 2>>>(x);
// expect: )" 160 32 32 no error
