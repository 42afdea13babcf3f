/// @file
/// How blocks of threads move rows of heads between global and shared memory, and multiply what is there.
#pragma once

#include <cstdint>

#include "kernels/attention/attention.hpp"
#include "kernels/elementwise.cuh"
#include "kernels/reduce.cuh"

namespace kbk::gpu {

/// Call a function with the width of the tiles that hold a problem's rows, as a compile-time constant.
/// @param width of a row, at most 128 @param run callable with std::integral_constant<int, 32, 64 or 128>
template <class Run>
void with_tile_width(std::int64_t width, const Run& run) {
    if (width <= 32) return run(std::integral_constant<int, 32>());
    if (width <= 64) return run(std::integral_constant<int, 64>());
    run(std::integral_constant<int, 128>());
}

/// @param all strides of all tensors @param width of their rows @param arrays their first elements
/// @return whether all rows are whole float4 at multiples of 16 bytes
inline bool rows_of_fours(std::initializer_list<HeadStrides> all, std::int64_t width,
                          std::initializer_list<const float*> arrays) {
    return width % 4 == 0 && aligned(arrays) && std::all_of(all.begin(), all.end(), [](const HeadStrides& s) {
        return s.batch % 4 == 0 && s.head % 4 == 0 && s.row % 4 == 0;
    });
}

// Each .cu file has these for itself, so that its checked and its plain build share no code.
namespace {

/// Positions of the other side that a block of threads meets at once.
constexpr int tile_length = 32;
/// Floats behind each row of a tile. Eight lanes that read four floats each of eight rows then hit every bank once.
constexpr int tile_padding = 4;

/// Fetch rows [first, first + rows) of a head into a tile, with zeros beyond the last row and column. All threads of the
/// block call.
/// @tparam width of the tile @tparam row floats from a row of the tile to the next
/// @param from    rows of a head
/// @param first   the tile's first
/// @param end     number of rows that there are
/// @param columns floats in each
/// @param fours   whether they may be read as float4
/// @param tile    (rows, row), in shared memory
/// @param rows    of the tile
template <int width, int row = width + tile_padding>
__device__ __forceinline__ void fetch_rows(HeadRows<const float> from, std::int64_t first, std::int64_t end,
                                           std::int64_t columns, bool fours, float* tile, int rows) {
    if (fours) {
        for (int e = int(threadIdx.x); e < rows * (width / 4); e += int(blockDim.x)) {
            const int r = e / (width / 4), c = e % (width / 4) * 4;
            const bool valid = first + r < end && c < columns;
            store(tile + r * row + c, valid ? load<4>(from[first + r] + c) : Floats<4>{});
        }
    } else {
        for (int e = int(threadIdx.x); e < rows * width; e += int(blockDim.x)) {
            const int r = e / width, c = e % width;
            tile[r * row + c] = first + r < end && c < columns ? from[first + r][c] : 0.0f;
        }
    }
}

// [attention_cuda_lanes]
// A warp works on 16 rows and meets tiles of 32. Its lanes are 4 groups of 8: lane 8 g + t has the rows g, g + 4,
// g + 8, g + 12, and of a product with a tile the columns t, t + 8, t + 16, t + 24. So the 8 lanes of a group share
// their rows, whose maxima and sums take three shuffles.
constexpr int warp_rows = 16;

/// @return this lane's group
__device__ __forceinline__ int lane_group() { return int(threadIdx.x) % 32 / 8; }
/// @return this lane's place in its group
__device__ __forceinline__ int lane_place() { return int(threadIdx.x) % 8; }

/// Multiply 16 rows with a tile: products[e][f] = row g + 4 e times row t + 8 f of the tile.
/// @tparam width of the rows
/// @param rows this warp's rows, in shared memory @param tile 32 rows, in shared memory @param products added up
template <int width>
__device__ __forceinline__ void multiply_rows(const float* rows, const float* tile, float (&products)[4][4]) {
    constexpr int row = width + tile_padding;
    rows += lane_group() * row;
    tile += lane_place() * row;
#pragma unroll
    for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int f = 0; f < 4; ++f) products[e][f] = 0;
#pragma unroll 4
    for (int c = 0; c < width; c += 4) {
        Floats<4> a[4], b[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) a[e] = load<4>(rows + 4 * e * row + c);
#pragma unroll
        for (int f = 0; f < 4; ++f) b[f] = load<4>(tile + 8 * f * row + c);
#pragma unroll
        for (int e = 0; e < 4; ++e)
#pragma unroll
            for (int f = 0; f < 4; ++f)
#pragma unroll
                for (int x = 0; x < 4; ++x) products[e][f] += a[e].value[x] * b[f].value[x];
    }
}

/// Floats from a row of a warp's weights to the next: four groups that write eight neighbours each hit every bank once.
constexpr int weight_row = tile_length + 8;
/// Floats of a warp's weights.
constexpr int weight_size = warp_rows * weight_row;

/// Hand a warp's products over as weights, which all lanes of a group will read.
/// @param products as multiply_rows leaves them @param weights (16, weight_row) of this warp, in shared memory
__device__ __forceinline__ void put_weights(const float (&products)[4][4], float* weights) {
#pragma unroll
    for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int f = 0; f < 4; ++f)
            weights[(lane_group() + 4 * e) * weight_row + lane_place() + 8 * f] = products[e][f];
}

/// Mix a tile's rows by a warp's weights: sums[e][4 f + x] += weights of row g + 4 e times column 4 t + 32 f + x.
/// @tparam width of the tile's rows
/// @param weights (16, weight_row) of this warp @param tile 32 rows @param sums added to
template <int width>
__device__ __forceinline__ void mix_rows(const float* weights, const float* tile, float (&sums)[4][width / 8]) {
    weights += lane_group() * weight_row;
    tile += lane_place() * 4;
#pragma unroll 2
    for (int j = 0; j < tile_length; j += 4) {
        Floats<4> a[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) a[e] = load<4>(weights + 4 * e * weight_row + j);
#pragma unroll
        for (int y = 0; y < 4; ++y)
#pragma unroll
            for (int f = 0; f < width / 32; ++f) {
                const Floats<4> b = load<4>(tile + (j + y) * (width + tile_padding) + 32 * f);
#pragma unroll
                for (int e = 0; e < 4; ++e)
#pragma unroll
                    for (int x = 0; x < 4; ++x) sums[e][4 * f + x] += a[e].value[y] * b.value[x];
            }
    }
}
// [attention_cuda_lanes]

/// Store a warp's sums, times a factor for each row.
/// @tparam width of the sums
/// @param sums    as mix_rows leaves them
/// @param factors of this lane's four rows
/// @param to      rows of a head
/// @param first   this warp's first row
/// @param end     number of rows that there are
/// @param columns floats in each
/// @param fours   whether they may be written as float4
template <int width>
__device__ __forceinline__ void store_rows(const float (&sums)[4][width / 8], const float (&factors)[4],
                                           HeadRows<float> to, std::int64_t first, std::int64_t end,
                                           std::int64_t columns, bool fours) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        const std::int64_t i = first + lane_group() + 4 * e;
        if (i >= end) continue;
#pragma unroll
        for (int f = 0; f < width / 32; ++f) {
            const int c = 4 * lane_place() + 32 * f;
            Floats<4> scaled;
#pragma unroll
            for (int x = 0; x < 4; ++x) scaled.value[x] = sums[e][4 * f + x] * factors[e];
            if (fours) {
                if (c < columns) store(to[i] + c, scaled);
            } else {
#pragma unroll
                for (int x = 0; x < 4; ++x)
                    if (c + x < columns) to[i][c + x] = scaled.value[x];
            }
        }
    }
}

/// @param value this lane's number; all lanes call @return the largest of the group's eight
__device__ __forceinline__ float group_max(float value) {
#pragma unroll
    for (int distance = 4; distance > 0; distance /= 2)
        value = fmaxf(value, __shfl_xor_sync(full_warp, value, distance));
    return value;
}

/// @param value this lane's number; all lanes call @return the sum of the group's eight
__device__ __forceinline__ float group_sum(float value) {
#pragma unroll
    for (int distance = 4; distance > 0; distance /= 2) value += __shfl_xor_sync(full_warp, value, distance);
    return value;
}

}  // namespace

}  // namespace kbk::gpu
