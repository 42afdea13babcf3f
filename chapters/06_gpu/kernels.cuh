/// @file
/// The kernels of chapter 6, in the order of its page. Each stands in a .cu file of the same lesson.
#pragma once

#include "common/cuda/cuda.hpp"

namespace kbk::lesson {

// ---- threads.cu: grids, blocks, threads
// ------------------------------------------------------------------------

/// y = a x + y, one thread for each element.
/// @param a a number @param x,y (n) @param n elements
__global__ void saxpy(float a, const float* x, float* y, int n);

/// The same, with as many threads as one likes: each takes every so-manieth element.
/// @param a a number @param x,y (n) @param n elements
__global__ void saxpy_grid_stride(float a, const float* x, float* y, int n);

/// Every thread signs the element that is its own.
/// @param block,thread (n), receive blockIdx.x and threadIdx.x @param n elements
__global__ void sign(int* block, int* thread, int n);

// ---- warps.cu: lanes, divergence
// -------------------------------------------------------------------------------

/// Even lanes copy from a, odd ones from b.
/// @param a,b,y one element for each thread
__global__ void choose_by_lane(const float* a, const float* b, float* y);

/// Even warps copy from a, odd ones from b.
/// @param a,b,y one element for each thread
__global__ void choose_by_warp(const float* a, const float* b, float* y);

/// Sums of rows of different lengths, one thread a row.
/// @param x      all rows, one behind the other
/// @param begin  (rows + 1): where each row begins, and where the last one ends
/// @param sum    (rows)
/// @param rows   how many
__global__ void sum_ragged(const float* x, const int* begin, float* sum, int rows);

// ---- coalescing.cu: global memory
// ------------------------------------------------------------------------------

/// Copy a matrix; the threads of a warp stand below each other.
/// @param x,y (n, n), row-major @param n rows and columns
__global__ void copy_down(const float* x, float* y, int n);

/// Copy a matrix; the threads of a warp stand beside each other.
/// @param x,y (n, n), row-major @param n rows and columns
__global__ void copy_across(const float* x, float* y, int n);

/// Pick elements at equal distances.
/// @param x (threads * stride + offset) @param y one for each thread
/// @param stride distance @param offset of the first
__global__ void gather(const float* x, float* y, int stride, int offset);

/// Copy four numbers with each thread, in one access of 16 bytes.
/// @param x,y (n), both 16-byte aligned @param n elements, a multiple of 4
__global__ void copy_float4(const float* x, float* y, int n);

// ---- shared.cu: shared memory and its banks
// ----------------------------------------------------------------------

constexpr int blur_radius = 8;   ///< neighbours on each side that enter a mean
constexpr int blur_block = 256;  ///< threads in a block of the blurs
constexpr int tile_side = 32;    ///< a tile of the transposes is 32 by 32: one warp moves one row of it
constexpr int tile_rows = 8;     ///< rows of threads that move a tile

/// Mean of the 17 numbers around each.
/// @param x (n + 16), with 8 numbers of margin on each side @param y (n) @param n elements
__global__ void blur(const float* x, float* y, int n);

/// The same; a block loads what it needs once, into shared memory.
/// @param x (n + 16) @param y (n) @param n elements
__global__ void blur_shared(const float* x, float* y, int n);

/// y = x transposed; reads along rows, and so writes down columns.
/// @param x,y (n, n) @param n a multiple of 32
__global__ void transpose(const float* x, float* y, int n);

/// The same through a tile of shared memory: both reads and writes run along rows.
/// @param x,y (n, n) @param n a multiple of 32
__global__ void transpose_tile(const float* x, float* y, int n);

/// The same with rows of 33 words in the tile.
/// @param x,y (n, n) @param n a multiple of 32
__global__ void transpose_padded(const float* x, float* y, int n);

// ---- reduction.cu: many numbers become one
// -----------------------------------------------------------------------

constexpr int sum_block = 256;  ///< threads in a block of the sums

/// Every thread adds its number to one total.
/// @param x (n) @param total (1), zero before the launch @param n elements
__global__ void sum_atomic(const float* x, float* total, int n);

/// A tree in shared memory: neighbours first, then pairs at growing distances.
/// @param x (256 times the blocks) @param part (blocks)
__global__ void sum_interleaved(const float* x, float* part);

/// The same tree, folded: the upper half is added to the lower half, again and again.
/// @param x (256 times the blocks) @param part (blocks)
__global__ void sum_folded(const float* x, float* part);

/// Each thread sums many numbers first; warps then sum by shuffles.
/// @param x (n) @param part (blocks) @param n elements
__global__ void sum_shuffled(const float* x, float* part, int n);

// ---- matmul.cu: more work for each byte
// --------------------------------------------------------------------------

constexpr int matmul_tile = 32;  ///< side of a block and of its tiles

/// C = A B, one thread for each element of C.
/// @param a,b,c (n, n), row-major @param n a multiple of 32
__global__ void matmul(const float* a, const float* b, float* c, int n);

/// The same; a block shares tiles of A and B.
/// @param a,b,c (n, n), row-major @param n a multiple of 32
__global__ void matmul_tiled(const float* a, const float* b, float* c, int n);

// ---- mistakes.cu: one mistake each
// -------------------------------------------------------------------------------

/// saxpy without its guard. @param a a number @param x,y (n)
__global__ void no_guard(float a, const float* x, float* y);
/// Differences of neighbours through shared memory, and nobody waits. @param x,y (256 times the blocks)
__global__ void no_barrier(const float* x, float* y);
/// The folded tree with its barrier inside the branch. @param x (256) @param part (1)
__global__ void barrier_in_branch(const float* x, float* part);
/// All threads add to one number without atomics. @param x one for each thread @param total (1)
__global__ void no_atomic(const float* x, float* total);
/// A blur that forgets the margin of its tile. @param x (n + 16) @param y (n)
__global__ void no_margin(const float* x, float* y);
/// A float4 that begins at an odd place. @param x (n + 1) @param y (n)
__global__ void odd_float4(const float* x, float* y);
/// The folded tree of one warp, and its lanes do not wait for each other. @param x (32) @param sum (1)
__global__ void no_syncwarp(const float* x, float* sum);
/// Half a warp calls a shuffle that names the whole. @param x,y (32)
__global__ void half_shuffle(const float* x, float* y);
/// The first tile of the tiled product, and nobody waits before the next tiles. @param a,b,c (n, n) @param n a multiple of 32
__global__ void one_barrier(const float* a, const float* b, float* c, int n);

}  // namespace kbk::lesson
