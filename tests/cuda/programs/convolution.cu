// 2D convolution: mask in constant memory, tiles with halo in shared memory; against the host.
#include <stdio.h>
#include <stdlib.h>
#define MASK_DIM 5
#define MASK_R (MASK_DIM / 2)
#define OUT_TILE 12
#define IN_TILE (OUT_TILE + MASK_DIM - 1)
__constant__ float M[MASK_DIM][MASK_DIM];

__global__ void conv_tiled(const float *in, float *out, int w, int h) {
  __shared__ float N[IN_TILE][IN_TILE];
  int col = blockIdx.x * OUT_TILE + threadIdx.x - MASK_R, row = blockIdx.y * OUT_TILE + threadIdx.y - MASK_R;
  if (row >= 0 && row < h && col >= 0 && col < w) N[threadIdx.y][threadIdx.x] = in[row * w + col];
  else N[threadIdx.y][threadIdx.x] = 0.0f;
  __syncthreads();
  int tileCol = threadIdx.x - MASK_R, tileRow = threadIdx.y - MASK_R;
  if (col >= 0 && col < w && row >= 0 && row < h)
    if (tileCol >= 0 && tileCol < OUT_TILE && tileRow >= 0 && tileRow < OUT_TILE) {
      float v = 0.0f;
      for (int r = 0; r < MASK_DIM; r++)
        for (int c = 0; c < MASK_DIM; c++) v += M[r][c] * N[tileRow + r][tileCol + c];
      out[row * w + col] = v;
    }
}

int main(void) {
  const int w = 61, h = 37;
  float mask[MASK_DIM][MASK_DIM], *in = (float *)malloc(w * h * 4), *out = (float *)malloc(w * h * 4), *dIn, *dOut;
  for (int i = 0; i < MASK_DIM * MASK_DIM; i++) ((float *)mask)[i] = i % 7 - 2;
  for (int i = 0; i < w * h; i++) in[i] = (i * 31) % 17;
  cudaMalloc((void **)&dIn, w * h * 4);
  cudaMalloc((void **)&dOut, w * h * 4);
  cudaMemcpy(dIn, in, w * h * 4, cudaMemcpyHostToDevice);
  cudaMemcpyToSymbol(M, mask, sizeof(mask));
  dim3 block(IN_TILE, IN_TILE), grid((w + OUT_TILE - 1) / OUT_TILE, (h + OUT_TILE - 1) / OUT_TILE);
  conv_tiled<<<grid, block>>>(dIn, dOut, w, h);
  cudaMemcpy(out, dOut, w * h * 4, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) {
      float v = 0;
      for (int r = 0; r < MASK_DIM; r++)
        for (int c = 0; c < MASK_DIM; c++) {
          int yy = y + r - MASK_R, xx = x + c - MASK_R;
          if (yy >= 0 && yy < h && xx >= 0 && xx < w) v += mask[r][c] * in[yy * w + xx];
        }
      wrong += v != out[y * w + x];
    }
  printf("%d of %d wrong\n", wrong, w * h);
  cudaFree(dIn); cudaFree(dOut); free(in); free(out);
  return wrong != 0;
}
// expect: 0 of 2257 wrong
