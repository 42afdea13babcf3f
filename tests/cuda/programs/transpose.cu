// Tiled transpose: naive, shared memory, padded.
#include <cstdio>
#include <cstdlib>
#include <cassert>

const int TILE_DIM = 32;
const int BLOCK_ROWS = 8;

inline cudaError_t checkCuda(cudaError_t result)
{
  if (result != cudaSuccess) {
    fprintf(stderr, "CUDA Runtime Error: %s\n", cudaGetErrorString(result));
    assert(result == cudaSuccess);
  }
  return result;
}

__global__ void transposeNaive(float *odata, const float *idata)
{
  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  int width = gridDim.x * TILE_DIM, height = gridDim.y * TILE_DIM;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    odata[x*height + (y+j)] = idata[(y+j)*width + x];
}

template <int PAD> __global__ void transposeTile(float *odata, const float *idata)
{
  __shared__ float tile[TILE_DIM][TILE_DIM+PAD];
  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  int width = gridDim.x * TILE_DIM, height = gridDim.y * TILE_DIM;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
     tile[threadIdx.y+j][threadIdx.x] = idata[(y+j)*width + x];
  __syncthreads();
  x = blockIdx.y * TILE_DIM + threadIdx.x;  // transpose block offset
  y = blockIdx.x * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
     odata[(y+j)*height + x] = tile[threadIdx.x][threadIdx.y + j];
}

int main(int argc, char **argv)
{
  const int nx = 128, ny = 96;
  const int mem_size = nx*ny*sizeof(float);
  dim3 dimGrid(nx/TILE_DIM, ny/TILE_DIM, 1);
  dim3 dimBlock(TILE_DIM, BLOCK_ROWS, 1);
  int devId = 0;
  if (argc > 1) devId = atoi(argv[1]);
  cudaDeviceProp prop;
  checkCuda( cudaGetDeviceProperties(&prop, devId) );
  checkCuda( cudaSetDevice(devId) );

  float *h_idata = (float*)malloc(mem_size), *h_tdata = (float*)malloc(mem_size);
  float *d_idata, *d_tdata;
  checkCuda( cudaMalloc(&d_idata, mem_size) );
  checkCuda( cudaMalloc(&d_tdata, mem_size) );
  for (int j = 0; j < ny; j++) for (int i = 0; i < nx; i++) h_idata[j*nx + i] = j*nx + i;
  checkCuda( cudaMemcpy(d_idata, h_idata, mem_size, cudaMemcpyHostToDevice) );

  for (int k = 0; k < 3; k++) {
    checkCuda( cudaMemset(d_tdata, 0, mem_size) );
    if (k == 0) transposeNaive<<<dimGrid, dimBlock>>>(d_tdata, d_idata);
    else if (k == 1) transposeTile<0><<<dimGrid, dimBlock>>>(d_tdata, d_idata);
    else transposeTile<1><<<dimGrid, dimBlock>>>(d_tdata, d_idata);
    checkCuda( cudaMemcpy(h_tdata, d_tdata, mem_size, cudaMemcpyDeviceToHost) );
    int wrong = 0;
    for (int j = 0; j < ny; j++) for (int i = 0; i < nx; i++) wrong += h_tdata[i*ny + j] != h_idata[j*nx + i];
    printf("transpose %d: %d wrong\n", k, wrong);
  }
  checkCuda( cudaFree(d_tdata) ); checkCuda( cudaFree(d_idata) );
  free(h_idata); free(h_tdata);
}
// expect: transpose 0: 0 wrong
// expect: transpose 1: 0 wrong
// expect: transpose 2: 0 wrong
