/* Game of life on a torus: bytes, two boards, a glider that comes back. */
#include <stdio.h>
#include <string.h>
#define W 32
#define H 24
typedef unsigned char ubyte;
__global__ void life(const ubyte* a, ubyte* b) {
  for (int cell = blockIdx.x * blockDim.x + threadIdx.x; cell < W * H; cell += blockDim.x * gridDim.x) {
    int x = cell % W, yAbs = cell - x;
    int left = (x + W - 1) % W, right = (x + 1) % W, up = (yAbs + W * H - W) % (W * H), down = (yAbs + W) % (W * H);
    int alive = a[left + up] + a[x + up] + a[right + up] + a[left + yAbs] + a[right + yAbs] + a[left + down] + a[x + down] + a[right + down];
    b[x + yAbs] = alive == 3 || (alive == 2 && a[x + yAbs]) ? 1 : 0;
  }
}
int main() {
  ubyte board[H * W], start[H * W], *d[2];
  memset(start, 0, sizeof start);
  start[1] = start[W + 2] = start[2 * W] = start[2 * W + 1] = start[2 * W + 2] = 1;
  cudaMalloc((void**)&d[0], sizeof board); cudaMalloc((void**)&d[1], sizeof board);
  cudaMemcpy(d[0], start, sizeof start, cudaMemcpyHostToDevice);
  int now = 0;
  for (int i = 0; i < 4 * 96; i++, now = 1 - now) life<<<3, 128>>>(d[now], d[1 - now]);
  cudaMemcpy(board, d[now], sizeof board, cudaMemcpyDeviceToHost);
  printf("after 384 steps the glider is %s\n", memcmp(board, start, sizeof board) ? "elsewhere" : "where it was");
  cudaFree(d[0]); cudaFree(d[1]);
  return 0;
}
// expect: after 384 steps the glider is where it was
