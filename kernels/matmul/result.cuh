/// @file
/// Where the sums of the rungs that take every problem go: to C through the epilogue, or as parts of split sums into
/// borrowed memory.
#pragma once

#include <cstdint>

#include "kernels/elementwise.cuh"
#include "kernels/matmul/operand.cuh"

namespace kbk::gpu {

/// A product as kernels that take every problem get it.
struct Product {
    Operand a, b;
    float* c;                         ///< C, or memory for the parts of split sums: (product, split, m, n)
    std::int64_t row, outer, inner;   ///< elements of c from one row, product and inner product to the next
    std::int64_t split;               ///< elements of c from one part of a sum to the next
    std::int64_t m, n, k;             ///< sizes
    std::int64_t steps;               ///< of k in each part of a sum, a multiple of each rung's tile
    std::int64_t inner_count, first;  ///< products of the batch's inner level, and index of the first one
    const float* bias;                ///< (n), or null
    float beta;                       ///< factor of the old C
    bool relu;                        ///< whether negative results become 0
    bool fours;                       ///< whether c may be written as float4
};

/// @param p      a product without an epilogue of its own to be done later, or with relu;
///               its results go where the problem says
/// @return the product with all its sums in one part
inline Product whole(const Matmul& p) {
    const bool fours = aligned({p.c, p.epilogue.bias}) && p.stride_c() % 4 == 0 && p.batch.outer_c % 4 == 0 &&
                       p.batch.inner_c % 4 == 0;
    return {.a = operand_a(p), .b = operand_b(p), .c = p.c, .row = p.stride_c(), .outer = p.batch.outer_c,
            .inner = p.batch.inner_c, .split = 0, .m = p.m, .n = p.n, .k = p.k, .steps = p.k,
            .inner_count = p.batch.inner, .first = 0, .bias = p.epilogue.bias, .beta = p.beta,
            .relu = p.epilogue.activation == Activation::relu, .fours = fours};
}

/// @param p      a product
/// @param parts  memory for (product, split, m, n) floats
/// @param steps  of k in each part
/// @param splits how many parts
/// @return the product with its sums in parts, and nothing done to them
inline Product part_sums(Product p, float* parts, std::int64_t steps, std::int64_t splits) {
    p.c = parts;
    p.row = p.n;
    p.split = p.m * p.n;
    p.inner = splits * p.split;
    p.outer = p.inner_count * p.inner;
    p.steps = steps;
    p.bias = nullptr;
    p.beta = 0;
    p.relu = false;
    p.fours = aligned({parts}) && p.n % 4 == 0;
    return p;
}

// Each .cu file has these for itself, so that its checked and its plain build share no code.
namespace {

/// @param p a product @return where this block's results go: its product of the batch, its part of the sums
__device__ __forceinline__ float* results_of_block(const Product& p) {
    const std::int64_t item = p.first + blockIdx.z;
    return p.c + item / p.inner_count * p.outer + item % p.inner_count * p.inner + blockIdx.y * p.split;
}

/// @param x  an operand @param p its product @return its first element for this block's product of the batch
__device__ __forceinline__ const float* operand_of_block(const Operand& x, const Product& p) {
    const std::int64_t item = p.first + blockIdx.z;
    return x.data + item / p.inner_count * x.outer + item % p.inner_count * x.inner;
}

/// Finish one element: beta C, the bias, relu.
__device__ __forceinline__ float finish(const Product& p, float sum, const float* old, std::int64_t j) {
    if (p.beta != 0) sum += p.beta * *old;
    if (p.bias) sum += p.bias[j];
    return p.relu && sum <= 0 ? 0.0f : sum;
}

/// Finish four elements of a row of C and store them, those that lie within C.
/// @param p      the product
/// @param c      this block's results
/// @param i, j   row and first column, a multiple of four
/// @param sums   the four sums
__device__ __forceinline__ void store_four(const Product& p, float* c, std::int64_t i, std::int64_t j,
                                           const Floats<4>& sums) {
    if (i >= p.m) return;
    float* to = c + i * p.row + j;
    Floats<4> results = sums;
    if (p.fours && j + 4 <= p.n) {
        if (p.beta != 0) {
            const auto old = load<4>(to);
#pragma unroll
            for (int e = 0; e < 4; ++e) results.value[e] += p.beta * old.value[e];
        }
        if (p.bias) {
            const auto bias = load<4>(p.bias + j);
#pragma unroll
            for (int e = 0; e < 4; ++e) results.value[e] += bias.value[e];
        }
        if (p.relu) {
#pragma unroll
            for (int e = 0; e < 4; ++e) results.value[e] = results.value[e] <= 0 ? 0.0f : results.value[e];
        }
        store(to, results);
    } else {
#pragma unroll
        for (int e = 0; e < 4; ++e)
            if (j + e < p.n) to[e] = finish(p, results.value[e], to + e, j + e);
    }
}

/// Floats that a warp needs to hand a fragment of 16 x 16 sums over to its lanes. Eight of each row are padding: four
/// rows of eight sums, which half a warp stores at once, then fall into 32 banks.
constexpr int staging_row = 24, staging_size = 16 * staging_row;

/// Finish and store a fragment's 16 x 16 sums. Which lane holds which of them is the hardware's secret, so they go
/// through shared memory.
/// @param p       the product
/// @param c       this block's results
/// @param i, j    row and column of the fragment
/// @param staging this warp's own shared memory
template <class Fragment>
__device__ __forceinline__ void store_fragment(const Product& p, float* c, std::int64_t i, std::int64_t j,
                                               const Fragment& sums, float* staging) {
    nvcuda::wmma::store_matrix_sync(staging, sums, staging_row, nvcuda::wmma::mem_row_major);
    __syncwarp();
    // Eight rows at a time: four lanes store the 64 bytes of a row. Eight lanes, which are served together, take rows
    // two apart, whose four floats lie in banks of their own.
    const int lane = int(threadIdx.x) % 32, column = lane % 4 * 4;
    const int row = lane / 16 * 4 + lane / 4 % 2 * 2 + lane / 8 % 2;
#pragma unroll
    for (int r = row; r < 16; r += 8) store_four(p, c, i + r, j + column, load<4>(staging + r * staging_row + column));
    __syncwarp();  // before the next fragment
}

}  // namespace

}  // namespace kbk::gpu
