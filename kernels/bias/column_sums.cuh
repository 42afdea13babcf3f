/// @file
/// Sums of 32 columns by one block, in a fixed order: the core of bias_gradient's block rungs.
#pragma once

#include <cstdint>

#include "common/cuda/cuda.hpp"

namespace kbk::gpu {

/// Columns of a block: one warp across, so that each row of the tile is one request of 128 bytes.
constexpr int tile_columns = 32;
/// Warps of a block: each takes every eighth row.
constexpr int tile_rows = 8;

// [bias_cuda_column_sum]
/// Sum a column over some rows. All threads of a block of (tile_columns, tile_rows) call it.
///
/// The order is a function of the rows alone: thread row y adds rows begin + y, begin + y + 8, ... in turn, then the
/// eight sums are added in the order of y.
/// @param dy      (rows, columns), row-major
/// @param columns elements of a row
/// @param column  this thread's column; outside of [0, columns) it only helps with the barriers
/// @param begin   first row
/// @param end     one past the last row
/// @return the sum, in threads with threadIdx.y == 0
__device__ __forceinline__ float column_sum(const float* dy, std::int64_t columns, std::int64_t column,
                                            std::int64_t begin, std::int64_t end) {
    __shared__ float partial[tile_rows][tile_columns];
    float sum = 0;
    if (column < columns)
        for (std::int64_t i = begin + threadIdx.y; i < end; i += tile_rows) sum += dy[i * columns + column];
    partial[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();

    if (threadIdx.y == 0)
        for (int y = 1; y < tile_rows; ++y) sum += partial[y][threadIdx.x];
    return sum;
}
// [bias_cuda_column_sum]

}  // namespace kbk::gpu
