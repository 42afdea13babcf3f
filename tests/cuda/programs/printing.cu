// printf in kernels, of several types; the order of the lines is that of the threads.
#include <stdio.h>
__device__ void helper(int i) { printf("helper %d\n", i); }
__global__ void hello() { printf("Hello from block %d, thread %d\n", blockIdx.x, threadIdx.x); }
__global__ void types(const char *name, float f) {
  if (threadIdx.x == 3) {
    printf("%s: %5.2f %d%% %c %llu %p\n", "types", f, 50, 'x', 1ull << 40, (void *)0);
    helper(threadIdx.x);
  }
}
int main() {
  hello<<<2, 3>>>();
  cudaDeviceSynchronize();
  types<<<1, 4>>>(nullptr, 2.5f);
  cudaDeviceSynchronize();
  return 0;
}
// expect: Hello from block 0, thread 0
// expect: Hello from block 0, thread 1
// expect: Hello from block 0, thread 2
// expect: Hello from block 1, thread 0
// expect: Hello from block 1, thread 1
// expect: Hello from block 1, thread 2
// expect: types:  2.50 50% x 1099511627776 (nil)
// expect: helper 3
