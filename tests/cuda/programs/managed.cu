// Managed memory: arrays, classes that live in it, a __managed__ variable, a linked list.
#include <cstdio>
#include <cstring>

class Managed {
public:
  void *operator new(size_t len) {
    void *ptr;
    cudaMallocManaged(&ptr, len);
    cudaDeviceSynchronize();
    return ptr;
  }
  void operator delete(void *ptr) { cudaDeviceSynchronize(); cudaFree(ptr); }
};

class String : public Managed {
  int length;
  char *data;
public:
  String(const char *s) { length = strlen(s) + 1; cudaMallocManaged(&data, length); memcpy(data, s, length); }
  ~String() { cudaFree(data); }
  __host__ __device__ char &operator[](int i) { return data[i]; }
  __host__ __device__ int size() const { return length - 1; }
  const char *c_str() const { return data; }
};

struct Node { int value; Node *next; };

__device__ __managed__ int counter = 0;
__managed__ float table[3] = {0.5f, 1.5f, 2.5f};

__global__ void upper(String *s) {
  int i = threadIdx.x;
  if (i < s->size() && (*s)[i] >= 'a' && (*s)[i] <= 'z') { (*s)[i] -= 32; atomicAdd(&counter, 1); }
}

__global__ void sum(Node *head, int *out) {
  int total = 0;
  for (Node *n = head; n; n = n->next) total += n->value;
  *out = total;
}

__global__ void scale(float *x, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) x[i] *= table[i % 3];
}

int main() {
  String *s = new String("hello, Managed world");
  upper<<<1, 64>>>(s);
  cudaDeviceSynchronize();
  printf("%s (%d changed)\n", s->c_str(), counter);
  delete s;

  Node *head = nullptr;
  for (int i = 1; i <= 10; i++) {
    Node *n;
    cudaMallocManaged(&n, sizeof(Node));
    n->value = i; n->next = head; head = n;
  }
  int *out;
  cudaMallocManaged(&out, sizeof *out, cudaMemAttachGlobal);
  sum<<<1, 1>>>(head, out);
  cudaDeviceSynchronize();
  printf("sum %d\n", *out);

  float *x;
  int device = -1, n = 1000;
  cudaMallocManaged(&x, n * sizeof(float));
  for (int i = 0; i < n; i++) x[i] = i;
  cudaGetDevice(&device);
  table[2] = 4;
#if CUDART_VERSION < 13000
  cudaMemAdvise(x, n * sizeof(float), cudaMemAdviseSetPreferredLocation, device);
  cudaMemPrefetchAsync(x, n * sizeof(float), device, NULL);
#endif
  scale<<<4, 64>>>(x, n);
  cudaDeviceSynchronize();
  printf("%g %g %g %g\n", x[3], x[4], x[5], x[999]);
  while (head) { Node *n = head->next; cudaFree(head); head = n; }
  cudaFree(out); cudaFree(x);
}
// expect: HELLO, MANAGED WORLD (16 changed)
// expect: sum 55
// expect: 1.5 6 20 499.5
