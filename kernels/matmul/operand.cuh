/// @file
/// How blocks fetch tiles of an operand, whatever its layout: what the rungs that take every problem share.
#pragma once

#include <cstdint>

#include "common/cuda/copy_async.hpp"
#include "kernels/elementwise.cuh"
#include "kernels/matmul/matmul.hpp"

namespace kbk::gpu {

/// One operand as kernels walk it. Its index x counts rows of op(A) or columns of op(B).
struct Operand {
    const float* data;          ///< first element of the first product
    std::int64_t along;         ///< elements from one step of k to the next
    std::int64_t across;        ///< elements from one x to the next; it or `along` is 1
    std::int64_t outer, inner;  ///< elements from one product of the batch to the next, on both levels
    std::int64_t extent;        ///< how many x there are
    bool aligned;               ///< whether all rows begin at multiples of 16 bytes
    bool fours;                 ///< whether every four neighbouring x from a multiple of four on are one float4
};

/// @param p a product @return its operand A
inline Operand operand_a(const Matmul& p) {
    const bool rows = aligned({p.a}) && p.stride_a() % 4 == 0 && p.batch.outer_a % 4 == 0 && p.batch.inner_a % 4 == 0;
    return {p.a, p.transpose_a ? p.stride_a() : 1, p.transpose_a ? 1 : p.stride_a(), p.batch.outer_a, p.batch.inner_a,
            p.m, rows, rows && p.transpose_a && p.m % 4 == 0};
}

/// @param p a product @return its operand B
inline Operand operand_b(const Matmul& p) {
    const bool rows = aligned({p.b}) && p.stride_b() % 4 == 0 && p.batch.outer_b % 4 == 0 && p.batch.inner_b % 4 == 0;
    return {p.b, p.transpose_b ? 1 : p.stride_b(), p.transpose_b ? p.stride_b() : 1, p.batch.outer_b, p.batch.inner_b,
            p.n, rows, rows && !p.transpose_b && p.n % 4 == 0};
}

// Each .cu file has this for itself, so that its checked and its plain build share no code.
namespace {

// [matmul_cuda_tile]
/// Fetches an operand's tiles into shared memory: element (l, x) of a tile becomes tile[l * row + x], whether the
/// operand's rows lie along k or across it, with zeros beyond the operand's edges. All threads of the block call.
/// @tparam width   x of a tile
/// @tparam depth   steps of k of a tile
/// @tparam threads of the block
/// @tparam padding floats behind each row, a multiple of four, so that rows stay multiples of 16 bytes. With four, a
///                 warp that writes 8 steps of 4 x hits bank 4 l + x: each bank once
template <int width, int depth, int threads, int padding = 4>
class TileOf {
  public:
    /// Floats from one step of k to the next.
    static constexpr int row = width + padding;
    /// Floats of a tile.
    static constexpr int size = depth * row;

    /// @param operand the operand
    /// @param data    its first element, of this block's product
    /// @param x0      first x of the tile
    /// @param l0      first step of k of the first tile
    __device__ __forceinline__ TileOf(const Operand& operand, const float* data, std::int64_t x0, std::int64_t l0) {
        static_assert(depth % 8 == 0 && threads % 32 == 0 && warps % warps_deep == 0 && threads >= width &&
                      4 * threads <= width * depth);
        const int thread = int(threadIdx.x), lane = thread % 32, warp = thread / 32;
        int x;
        if (operand.fours) {
            l_ = thread / (width / 4), x = thread % (width / 4) * 4;
        } else if (operand.across == 1) {
            l_ = thread / width, x = thread % width;
        } else {
            l_ = warp % warps_deep * 8 + lane % 8, x = warp / warps_deep * 4 + lane / 8;
        }
        to_ = l_ * row + x;
        from_ = data + (l0 + l_) * operand.along + (x0 + x) * operand.across;
        const std::int64_t left = operand.extent - x0;
        x_left_ = (left < width ? int(left) : width) - x;
    }

    /// Begin to fetch the next tile.
    /// @param operand the operand
    /// @param tile    where to, in shared memory
    /// @param l_left  steps of k that are left; beyond them zeros
    __device__ __forceinline__ void fetch(const Operand& operand, float* tile, int l_left) {
        const bool x_valid = x_left_ > 0;
        l_left -= l_;
        tile += to_;
        if (operand.fours) {
            // Neighbouring threads take neighbouring fours of one row.
            constexpr int l_step = threads / (width / 4);
#pragma unroll
            for (int l = 0; l < depth; l += l_step)
                cuda::copy_async<16>(tile + l * row, from_ + l * operand.along, x_valid && l < l_left);
        } else if (operand.across == 1) {
            // The same, one by one.
            constexpr int l_step = threads / width;
#pragma unroll
            for (int l = 0; l < depth; l += l_step)
                cuda::copy_async<4>(tile + l * row, from_ + l * operand.along, x_valid && l < l_left);
        } else {
            // Rows lie along k: a warp takes 8 steps of 4 rows, which are four whole sectors.
            constexpr int x_step = warps / warps_deep * 4;
#pragma unroll
            for (int x = 0; x < width; x += x_step)
                cuda::copy_async<4>(tile + x, from_ + x * operand.across, x < x_left_ && 0 < l_left);
        }
        from_ += depth * operand.along;
    }

  private:
    static constexpr int warps = threads / 32, warps_deep = depth / 8;
    const float* from_;  // this thread's first element of the next tile
    int to_;             // the same in shared memory, from the beginning of a tile
    int l_;              // step of k of that element in the tile
    int x_left_;         // x from that element to the operand's edge, or the tile's
};
// [matmul_cuda_tile]

}  // namespace

}  // namespace kbk::gpu
