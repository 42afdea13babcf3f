// Kernel parameters of every sort: classes with constructors and destructors, references to managed objects; launches
// hidden in macros, as users of editors that do not know CUDA write them.
#include <cstdio>
#define ARGS(grid, block) <<< grid, block >>>
#define ARGS4(grid, block, shared_bytes, stream) <<< grid, block, shared_bytes, stream >>>

// Frees its memory when destroyed: on a GPU that is after the launch, once for the copy and once for the original.
struct Sum {
    int* value;
    Sum() { cudaMalloc(&value, sizeof(int)); cudaMemset(value, 0, sizeof(int)); }
    Sum(const Sum& other) : value(other.value) { ++copies; }
    ~Sum() { ++destroyed; }
    __device__ void add(int x) { atomicAdd(value, x); }
    static int copies, destroyed;
};
int Sum::copies = 0, Sum::destroyed = 0;

struct Table {
    double a[5];
    int n;
    __host__ __device__ Table(int n_) : n(n_) { for (int i = 0; i < 5; ++i) a[i] = i; }
    __host__ __device__ Table(const Table& t) : n(t.n) { for (int i = 0; i < 5; ++i) a[i] = t.a[i]; }
    __host__ __device__ ~Table() {}
};

// Copied as its bytes are, though assigned in a way of its own.
struct Assigned {
    int v;
    Assigned& operator=(const Assigned& other) { v = other.v + 1; return *this; }
};
__global__ void show(Assigned a, int* to) { *to = a.v; }

__global__ void add(Sum sum, int x, Table table) { sum.add(x + table.n + (int)table.a[4]); ++table.n; }
template <class T> __global__ void add_any(T sum, const int x) { sum.add(x); }
__global__ void by_reference(const int& from, int* to) { to[threadIdx.x] = from + threadIdx.x; }

int main() {
    int h = 0, *m;
    Sum sum;
    add ARGS(2, 32) (sum, 1, Table(2));
    add_any<<<1, 10>>>(sum, 5);
    add_any<Sum> ARGS4(dim3(1), dim3(10), 0, 0) (sum, 5);
    cudaMemcpy(&h, sum.value, sizeof h, cudaMemcpyDeviceToHost);
    printf("%d, %s\n", h, Sum::copies < 16 && Sum::copies == Sum::destroyed ? "copies balanced" : "unbalanced");
    cudaMallocManaged(&m, 9 * sizeof(int));
    m[8] = 40;
    by_reference<<<1, 3>>>(m[8], m);
    cudaDeviceSynchronize();
    printf("%d %d %s\n", m[0], m[2], cudaGetErrorString(cudaGetLastError()));
    show<<<1, 1>>>(Assigned{7}, m);
    cudaDeviceSynchronize();
    printf("%d\n", m[0]);
}
// expect: 548, copies balanced
// expect: 40 42 no error
// expect: 7
