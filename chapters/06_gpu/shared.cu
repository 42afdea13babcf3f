/// @file
/// Lessons 4 and 5: shared memory, and its banks.
#include "chapters/06_gpu/kernels.cuh"

namespace kbk::lesson {

// [blur]
__global__ void blur(const float* x, float* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float sum = 0;
    for (int k = 0; k <= 2 * blur_radius; ++k) sum += x[i + k];
    y[i] = sum / (2 * blur_radius + 1);
}
// [blur]

// [blur_shared]
__global__ void blur_shared(const float* x, float* y, int n) {
    __shared__ float tile[blur_block + 2 * blur_radius];
    const int first = blockIdx.x * blur_block, i = first + threadIdx.x;

    // Load the block's numbers and the margin, all threads together.
    for (int k = threadIdx.x; k < blur_block + 2 * blur_radius && first + k < n + 2 * blur_radius;
         k += blur_block)
        tile[k] = x[first + k];
    __syncthreads();

    // From here on nobody asks global memory.
    if (i >= n) return;
    float sum = 0;
    for (int k = 0; k <= 2 * blur_radius; ++k) sum += tile[threadIdx.x + k];
    y[i] = sum / (2 * blur_radius + 1);
}
// [blur_shared]

// [transpose]
__global__ void transpose(const float* x, float* y, int n) {
    const int column = blockIdx.x * tile_side + threadIdx.x;
    for (int j = threadIdx.y; j < tile_side; j += tile_rows) {
        const int row = blockIdx.y * tile_side + j;
        y[column * n + row] = x[row * n + column];
    }
}
// [transpose]

// [transpose_tile]
__global__ void transpose_tile(const float* x, float* y, int n) {
    __shared__ float tile[tile_side][tile_side];
    const int across = blockIdx.x * tile_side, down = blockIdx.y * tile_side;

    for (int j = threadIdx.y; j < tile_side; j += tile_rows)
        tile[j][threadIdx.x] = x[(down + j) * n + across + threadIdx.x];
    __syncthreads();

    // The tile's columns become rows of the result: the corner is mirrored, and so is the tile.
    for (int j = threadIdx.y; j < tile_side; j += tile_rows)
        y[(across + j) * n + down + threadIdx.x] = tile[threadIdx.x][j];
}
// [transpose_tile]

__global__ void transpose_padded(const float* x, float* y, int n) {
    // [transpose_padded]
    __shared__ float tile[tile_side][tile_side + 1];
    // [transpose_padded]
    const int across = blockIdx.x * tile_side, down = blockIdx.y * tile_side;

    for (int j = threadIdx.y; j < tile_side; j += tile_rows)
        tile[j][threadIdx.x] = x[(down + j) * n + across + threadIdx.x];
    __syncthreads();

    for (int j = threadIdx.y; j < tile_side; j += tile_rows)
        y[(across + j) * n + down + threadIdx.x] = tile[threadIdx.x][j];
}

}  // namespace kbk::lesson
